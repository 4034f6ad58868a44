// Everything people read comes from the catalogues in texts/: flat keys, {placeholders}, and .one/.other for numbers.
import { computed, signal } from '@preact/signals'
import { fetchTexts } from './api'
import { catalogues, type Language } from './languages'
import type german from './texts/de.json'

export type TextKey = keyof typeof german
type PluralBase = TextKey extends infer K ? (K extends `${infer B}.other` ? B : never) : never

export const language = signal<Language>('de')
const none: Record<string, string> = {}
const catalogue = signal(none)

/** There are no texts yet. */
export const mute = computed(() => catalogue.value === none)

export async function chooseLanguage(wanted: Language): Promise<void> {
  catalogue.value = await fetchTexts(catalogues[wanted].path)
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
