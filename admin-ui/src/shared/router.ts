// Where the reader is. Links are plain <a href>; one listener turns clicks on them into navigation without loading.
import { signal } from '@preact/signals'
import { notice } from './say'

export interface Place {
  path: string
  query: URLSearchParams
}

const read = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) })

export const place = signal<Place>(read())

/** Set by a form with unsaved changes: asked before leaving; true lets go. */
export const guard = signal<((leave: () => void) => boolean) | null>(null)

/** What Back finds again: kept with each entry of the browser's history. */
interface Left {
  y?: number // how far it was scrolled
  link?: string | undefined // what was followed from there
  shown?: number // how many lines of a list
}

export const left = (): Left => (history.state as Left | null) ?? {}

export function keep(change: Left): void {
  history.replaceState({ ...left(), ...change }, '')
}

function go(href: string, replace: boolean): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  place.value = read()
}

const linkTo = (href: string) => document.querySelector<HTMLElement>(`main a[href="${CSS.escape(href)}"]`)

export function navigate(href: string): void {
  const leave = () => {
    guard.value = null
    notice.value = null
    keep({ y: scrollY, link: linkTo(href) ? href : undefined })
    go(href, false)
    scrollTo(0, 0)
  }
  if (guard.value === null || guard.value(leave)) leave()
}

/** Notes filters in the address, so that Back and a bookmark find them again. */
export function setQuery(values: Record<string, string | string[]>): void {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one !== '') query.append(name, one)
  }
  go(query.size > 0 ? `${location.pathname}?${query}` : location.pathname, true)
}

/** The list that the present screen was reached from, by its address. */
export const listOf = (): string => /^\/((network|administration)\/)?[^/]*/.exec(place.value.path)![0]

function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a')
  if (!link || event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if (link.origin !== location.origin || link.target || link.download || link.getAttribute('href')?.startsWith('#')) return
  if (link.pathname.startsWith('/api/')) return
  event.preventDefault()
  navigate(link.pathname + link.search)
}

/** Goes to where the reader was on this screen, as soon as so much of it is loaded; not against their will. */
function restore(): void {
  const { y = 0, link } = left()
  const here = place.value
  const size = new ResizeObserver(() => {
    if (place.value !== here) return stop()
    scrollTo(0, y)
    const followed = link ? linkTo(link) : null
    if (Math.ceil(scrollY) < Math.floor(y) || (link && !followed)) return
    followed?.focus({ preventScroll: true })
    stop()
  })
  const stop = () => size.disconnect()
  for (const name of ['wheel', 'touchstart', 'pointerdown', 'keydown']) addEventListener(name, stop, { once: true })
  size.observe(document.body)
}

/** Called once, at the start. */
export function startRouting(): void {
  history.scrollRestoration = 'manual'
  restore()
  document.addEventListener('click', follow)
  addEventListener('popstate', () => {
    guard.value = null // the draft stays where it is: coming back brings it back
    notice.value = null
    place.value = read()
    restore()
  })
  addEventListener('beforeunload', (event) => {
    keep({ y: scrollY })
    if (guard.value !== null) event.preventDefault()
  })
}

/** Parameters of `path` under a pattern such as /proposals/:id, or null. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith(':') && value !== '') parameters[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return parameters
}
