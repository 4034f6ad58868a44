// What somebody is typing. It survives leaving the screen, a lost session and a reload, until it is saved or discarded.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { guard } from './router'
import { user } from './session'

export interface Draft<T> {
  values: Signal<T>
  restored: Signal<boolean> // values come from an earlier visit
  dirty: () => boolean
  set: (change: Partial<T>) => void
  reset: (to: T) => void // discards the draft and begins with `to`
  done: () => void // saved: forget the draft, let the reader leave
}

/** What the reader is about to do with something unsaved on the screen: `leave` keeps the draft, `sign_out` does not. */
export type Leaving = 'leave' | 'sign_out'

/** Asks the reader before that; set by the frame. */
export const askToLeave: { current: (go: () => void, leaving: Leaving) => void } = { current: (go) => go() }

const unsaved = new Set<string>()

/** A screen and a dialog on it may both hold something unsaved; leaving asks as long as either does. */
function note(key: string, dirty: boolean): void {
  if (dirty) unsaved.add(key)
  else unsaved.delete(key)
  guard.value = unsaved.size > 0 ? ask : null
}

const ask = (leave: () => void) => {
  askToLeave.current(leave, 'leave')
  return false
}

/** Only what is other than it was at the beginning: all else stays as somebody else may have changed it meanwhile. */
export function changes<T extends object>(began: T, now: T): Partial<T> {
  const names = (Object.keys(began) as (keyof T)[]).filter((name) => JSON.stringify(began[name]) !== JSON.stringify(now[name]))
  return Object.fromEntries(names.map((name) => [name, now[name]])) as Partial<T>
}

export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  // Somebody else who signs in on this computer does not find it.
  const storageKey = useRef(`hf.draft.${user.peek()?.id}.${key}`).current
  const stored = useRef(sessionStorage.getItem(storageKey))
  const start = useRef(initial)
  const values = useSignal<T>(stored.current ? { ...initial, ...(JSON.parse(stored.current) as T) } : initial)
  const restored = useSignal(stored.current !== null)
  const dirty = () => JSON.stringify(values.peek()) !== JSON.stringify(start.current)

  const watch = () => note(key, dirty())
  const forget = () => {
    sessionStorage.removeItem(storageKey)
    restored.value = false
    note(key, false)
  }
  useEffect(() => {
    watch()
    return () => note(key, false)
  }, [key])

  return {
    values,
    restored,
    dirty,
    set: (change) => {
      values.value = { ...values.value, ...change }
      sessionStorage.setItem(storageKey, JSON.stringify(values.value))
      watch()
    },
    reset: (to) => {
      start.current = to
      values.value = to
      forget()
    },
    done: forget,
  }
}
