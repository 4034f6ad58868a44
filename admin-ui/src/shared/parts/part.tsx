// Screens that are not loaded with the first one: they come after it by themselves, so that they are there when somebody
// wants them, even if by then the line is gone or the node has another release.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { call, Problem } from '../api'
import { useAction } from '../load'
import { Loading, ProblemAlert } from './basic'

const all: (() => Promise<void>)[] = []

/** Loads every part that is still missing. What fails is tried again when it is visited, and told there. */
export function loadParts(): void {
  for (const load of all) load().catch(() => {})
}

/** A part of the screens, by what imports it. Of that it makes screens: each shown as soon as the part is there. */
export function part<A, T extends object>(fetchPart: () => Promise<T>): (show: (screens: T, given: A) => JSX.Element) => (given: A) => JSX.Element {
  const screens = signal<T | null>(null)
  const load = async () => {
    try {
      screens.value ??= await fetchPart()
    } catch {
      throw new Problem(0, 'unreachable', '')
    }
  }
  // If the node answers and has no such file, it has another release by now: its first page knows the new names.
  const again = () =>
    load().catch(async () => {
      await call('get', '/api/v1/session')
      location.reload()
    })
  all.push(load)

  function Part({ show }: { show: (screens: T) => JSX.Element }) {
    const { problem, run } = useAction()
    useEffect(() => void run(load), [])
    if (screens.value) return show(screens.value)
    return problem.value ? <ProblemAlert problem={problem.value} retry={() => void run(again)} /> : <Loading />
  }
  return (show) => (given) => <Part show={(screens) => show(screens, given)} />
}
