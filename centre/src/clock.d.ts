export function timeWriter(clock: string | undefined, language: string): (at: Date) => string
