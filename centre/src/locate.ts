/** Where a script came from: there is Heed. To be asked while the script runs for the first time. */
export function locate(path: string): string {
  const { currentScript } = document
  const script =
    currentScript instanceof HTMLScriptElement
      ? currentScript
      : document.querySelector<HTMLScriptElement>(`script[src*="${path}"]`)
  return script?.src ? new URL(script.src).origin : ''
}
