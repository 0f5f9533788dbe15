/** How figures are printed. */

export const format = (n: number, digits = 0): string =>
  Number.isNaN(n)
    ? 'not measured'
    : n.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

export const line = (name: string, value: string, yardstick = '', goal = ''): void =>
  console.log(`${name.padEnd(52)} ${value.padStart(26)}   ${yardstick.padEnd(58)} ${goal}`.trimEnd())

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0))) ?? []
  for (const row of rows)
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   '),
    )
}
