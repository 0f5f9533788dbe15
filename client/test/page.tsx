/** A page in React that was written for the public loader: its tags, methods and DOM events, nothing of ours. */
import type { Widgets } from '@heed/client/loader'
import type {} from '@heed/client/react'
import { StrictMode, useEffect, useRef, useState } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'

const ID = 'bare'

function Preferences({ widgets }: { widgets: Widgets }) {
  const place = useRef<HTMLDivElement>(null)
  const [saved, setSaved] = useState('')
  const container = widgets.getContainerById(ID)
  useEffect(() => {
    const heard = () => setSaved('Saved')
    document.addEventListener('didomi:set-consents-success', heard)
    return () => document.removeEventListener('didomi:set-consents-success', heard)
  }, [])
  const set = (purposeId: string, value: boolean) =>
    place.current?.dispatchEvent(
      new CustomEvent('didomi:set-consents', { detail: { purposeId, value }, bubbles: true, composed: true }),
    )
  return (
    <didomi-consent-receiver container-id={ID}>
      <div ref={place}>
        {container.getEntities().purposes.map(({ id }) => (
          <label key={id}>
            <input
              type="checkbox"
              defaultChecked={container.isConsentPurposeEnabled(id)}
              onChange={({ target }) => set(id, target.checked)}
            />
            <didomi-entity-content
              container-id={ID}
              entity-type="purpose"
              entity-id={id}
              entity-property="name"
            />
          </label>
        ))}
        <p role="status">{saved}</p>
      </div>
    </didomi-consent-receiver>
  )
}

export function Page() {
  const [widgets, setWidgets] = useState<Widgets>()
  useEffect(() => {
    window.didomiWidgetsOnReady ??= []
    window.didomiWidgetsOnReady.push(async ready => setWidgets(ready))
  }, [])
  return (
    <didomi-container-headless id={ID}>
      <didomi-if-not-authenticated container-id={ID}>Who are you?</didomi-if-not-authenticated>
      <didomi-component-content container-id={ID} component-id="header" component-property="mainTitle" />
      <didomi-if-authenticated container-id={ID}>
        {widgets && <Preferences widgets={widgets} />}
      </didomi-if-authenticated>
    </didomi-container-headless>
  )
}

if (typeof document !== 'undefined') {
  const root = document.getElementById('root') as HTMLElement
  const page = (
    <StrictMode>
      <Page />
    </StrictMode>
  )
  const onRecoverableError = (error: unknown) => (document.title += ` ${error}`)
  if (root.hasChildNodes()) hydrateRoot(root, page, { onRecoverableError })
  else createRoot(root).render(page)
}
