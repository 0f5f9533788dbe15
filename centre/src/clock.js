/** Writes times in the reader's zone: for the element, and for the hosted page's own script. */

/**
 * From what Heed sends along: to make a formatter of the browser's own costs a slow telephone as much as all the rest of a page.
 * @param clock undefined where the language counts by another calendar or in other digits
 */
export function timeWriter(clock, language) {
  if (clock === undefined) {
    const style = { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }
    const format = new Intl.DateTimeFormat(language, style)
    return at => format.format(at)
  }
  const { order, ...words } = JSON.parse(clock)
  const pick = (part, n) => words[part].split('|')[n]
  return at => {
    const parts = {
      year: at.getFullYear(),
      month: pick('month', at.getMonth()),
      day: pick('day', at.getDate() - 1),
      hour: pick('hour', at.getHours()),
      minute: String(at.getMinutes()).padStart(2, '0'),
      dayPeriod: pick('dayPeriod', at.getHours()),
    }
    return order.replace(/\{(\w+)\}/g, (_, part) => parts[part])
  }
}
