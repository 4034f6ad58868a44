// Dates, numbers and distances as the reader's language writes them.
import { locale, t } from './texts'

const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long', year: 'numeric' }

/** A moment (RFC 3339): «3. März 2026, 14:05». */
export function moment(text: string): string {
  return new Intl.DateTimeFormat(locale(), { ...day, hour: '2-digit', minute: '2-digit' }).format(new Date(text))
}

/** A moment where there is little room: «03.03.26, 14:05». */
export function shortMoment(text: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'short', timeStyle: 'short' }).format(new Date(text))
}

/** A date (YYYY-MM-DD) or the day of a moment: «3. März 2026». */
export function date(text: string): string {
  const calendar = text.length === 10
  return new Intl.DateTimeFormat(locale(), { ...day, ...(calendar && { timeZone: 'UTC' }) }).format(new Date(text))
}

/** A month (YYYY-MM): «März 2026». */
export function month(text: string): string {
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return new Intl.DateTimeFormat(locale(), options).format(new Date(`${text}-01`))
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]]

/** How long ago: «gerade eben», «vor 2 Minuten». */
export function ago(text: string, now = Date.now()): string {
  const seconds = (new Date(text).getTime() - now) / 1000
  const step = steps.find(([, size]) => Math.abs(seconds) >= size)
  if (!step) return t('time.just_now')
  const [unit, length] = step
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(seconds / length), unit)
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

export function kilometres(value: number): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: 'kilometer' }).format(value).replace(' ', '\u00a0')
}

/** A language's name in the reader's language: «Niederländisch». */
export function languageName(code: string): string {
  return new Intl.DisplayNames(locale(), { type: 'language' }).of(code) ?? code
}

export function countryName(code: string): string {
  return new Intl.DisplayNames(locale(), { type: 'region' }).of(code) ?? code
}
