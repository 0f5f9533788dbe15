/** JSX of React knows the elements: `import type {} from '@heed/client/react'`. */
import type { HTMLAttributes, RefAttributes } from 'react'
import type { ElementAttributes } from './loader.ts'

type InJsx = {
  [Name in keyof ElementAttributes]: HTMLAttributes<HTMLElement> &
    RefAttributes<HTMLElement> &
    ElementAttributes[Name]
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends InJsx {}
  }
}
