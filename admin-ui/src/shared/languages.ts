// The languages of the screens, and which of them somebody reads of whom nothing is known yet.
import type { Schemas } from './api'

export type Language = Schemas['ScreenLanguage']

/** Of each catalogue where it lies, and what must be said when it cannot be had. Written by the build. */
declare const CATALOGUES: Record<Language, { path: string; unreachable: string; retry: string }>

export const catalogues = CATALOGUES
export const languages: readonly Language[] = ['de', 'nl', 'fr', 'en']

/** The user's language on this computer, else the browser's, else German. */
export function preferredLanguage(): Language {
  const wishes = [localStorage.getItem('hf.language'), ...navigator.languages]
  const known = wishes.map((wish) => wish?.slice(0, 2)).find((wish) => languages.includes(wish as Language))
  return (known as Language | undefined) ?? 'de'
}
