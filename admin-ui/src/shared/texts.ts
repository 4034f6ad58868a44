// Everything people read comes from the catalogues in texts/: flat keys, {placeholders}, and .one/.other for numbers.
import { signal } from '@preact/signals'
import { fetchTexts, type Schemas } from './api'
import type german from './texts/de.json'

export type TextKey = keyof typeof german
export type Language = Schemas['ScreenLanguage']
type PluralBase = TextKey extends infer K ? (K extends `${infer B}.other` ? B : never) : never

declare const TEXT_PATHS: Record<Language, string>

export const languages: readonly Language[] = ['de', 'nl', 'fr', 'en']
export const language = signal<Language>('de')
const catalogue = signal<Record<string, string>>({})

/** The user's language on this computer, else the browser's, else German. */
export function preferredLanguage(): Language {
  const wishes = [localStorage.getItem('hf.language'), ...navigator.languages]
  const known = wishes.map((wish) => wish?.slice(0, 2)).find((wish) => languages.includes(wish as Language))
  return (known as Language | undefined) ?? 'de'
}

export async function chooseLanguage(wanted: Language): Promise<void> {
  catalogue.value = await fetchTexts(TEXT_PATHS[wanted])
  language.value = wanted
  localStorage.setItem('hf.language', wanted)
  document.documentElement.lang = wanted
}

/** How dates and numbers are written: the English of these screens is Europe's. */
export const locale = (): string => (language.value === 'en' ? 'en-GB' : language.value)

export type Fillings = Record<string, string | number>

export function t(key: TextKey, fillings: Fillings = {}): string {
  const text = catalogue.value[key] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fillings[name] ?? whole))
}

/** A text with a number in it, {n}. */
export function tn(base: PluralBase, n: number, fillings: Fillings = {}): string {
  const form = new Intl.PluralRules(locale()).select(n) === 'one' ? 'one' : 'other'
  return t(`${base}.${form}` as TextKey, { n: new Intl.NumberFormat(locale()).format(n), ...fillings })
}

/** The text of a code that another release or another node may have invented; `fallback` where we do not know it. */
export function tOr(key: string, fallback: string): string {
  return catalogue.value[key] ?? fallback
}
