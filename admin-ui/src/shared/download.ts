// Files made here, from what is on the screen anyway.

export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob(['\ufeff', text], { type: 'text/csv' })) // the mark tells spreadsheets that it is UTF-8
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** A row of a table. No cell is a formula to a spreadsheet. */
export function csvLine(cells: (string | number)[], delimiter: string): string {
  const cell = (value: string | number) => {
    const text = String(value).replace(/^[=+\-@\t\r]/, "'$&")
    return /["\r\n\t;,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return `${cells.map(cell).join(delimiter)}\r\n`
}
