// Reading from the node inside components: once, again when asked, and gently while somebody looks.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Problem } from './api'
import { keep, left } from './router'

/** Seconds after which a screen reads again what other people and other cities change. */
export const LIVE = 5

export interface Loaded<T> {
  data: Signal<T | null>
  problem: Signal<Problem | null>
  reload: () => Promise<void>
}

const asProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  throw error
}

function usePolling(seconds: number, poll: () => void): void {
  const latest = useRef(poll)
  latest.current = poll
  useEffect(() => {
    if (seconds === 0) return
    const tick = () => document.visibilityState === 'visible' && latest.current()
    const timer = setInterval(tick, seconds * 1000)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [seconds])
}

/** Loads whenever `key` changes, and every `pollSeconds` while the page is visible (0: never). */
export function useLoad<T>(key: string, load: () => Promise<T>, pollSeconds = 0): Loaded<T> {
  const data = useSignal<T | null>(null)
  const problem = useSignal<Problem | null>(null)
  const turn = useRef(0)

  const reload = async () => {
    const mine = ++turn.current
    try {
      const loaded = await load()
      if (mine !== turn.current) return
      data.value = loaded
      problem.value = null
    } catch (error) {
      if (mine === turn.current) problem.value = asProblem(error)
    }
  }
  useEffect(() => {
    data.value = null
    void reload()
    return () => void turn.current++
  }, [key])
  usePolling(pollSeconds, () => void reload())
  return { data, problem, reload }
}

export interface Page<T> {
  items: T[]
  next: string | null
  total: number
  total_is_bound: boolean
}

export interface LoadedList<T> extends Loaded<Page<T>> {
  more: () => Promise<void>
}

const PAGE = 50
const MOST = 200

/** A list that grows by «load more»; Back finds it as long as it was. Polling reads it again up to 200 items. */
export function useList<T>(key: string, load: (cursor: string | undefined, limit: number) => Promise<Page<T>>, pollSeconds = 0): LoadedList<T> {
  const shown = () => left().shown ?? PAGE
  const grow = async (page: Page<T>, limit: number): Promise<Page<T>> => {
    const next = await load(page.next!, limit)
    return { ...next, items: [...page.items, ...next.items] }
  }
  const loadShown = async () => {
    let page = await load(undefined, Math.min(shown(), MOST))
    while (page.next && page.items.length < shown()) page = await grow(page, Math.min(shown() - page.items.length, MOST))
    return page
  }
  const list = useLoad<Page<T>>(key, loadShown, 0)
  usePolling(pollSeconds, () => {
    if (shown() <= MOST) void list.reload()
  })

  const more = async () => {
    const before = list.data.value
    if (!before?.next) return
    try {
      list.data.value = await grow(before, PAGE)
      keep({ shown: list.data.value.items.length })
    } catch (error) {
      list.problem.value = asProblem(error)
    }
  }
  return { ...list, more }
}

/** Runs one action at a time and keeps what went wrong. */
export function useAction(): { busy: Signal<boolean>; problem: Signal<Problem | null>; run: (action: () => Promise<void>) => Promise<boolean> } {
  const busy = useSignal(false)
  const problem = useSignal<Problem | null>(null)
  const run = async (action: () => Promise<void>) => {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await action()
      return true
    } catch (error) {
      problem.value = asProblem(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, run }
}
