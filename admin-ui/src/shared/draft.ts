// What somebody is typing. It survives leaving the screen, a lost session and a reload, until it is saved or discarded.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { guard } from './router'

export interface Draft<T> {
  values: Signal<T>
  restored: Signal<boolean> // values come from an earlier visit
  dirty: () => boolean
  set: (change: Partial<T>) => void
  reset: (to: T) => void // discards the draft and begins with `to`
  done: () => void // saved: forget the draft, let the reader leave
}

/** Asks the reader before leaving an unsaved form; set by the frame. */
export const askToLeave: { current: (leave: () => void) => void } = { current: (leave) => leave() }

const unsaved = new Set<string>()

/** A screen and a dialog on it may both hold something unsaved; leaving asks as long as either does. */
function note(key: string, dirty: boolean): void {
  if (dirty) unsaved.add(key)
  else unsaved.delete(key)
  guard.value = unsaved.size > 0 ? ask : null
}

const ask = (leave: () => void) => {
  askToLeave.current(leave)
  return false
}

const storageKey = (key: string) => `hf.draft.${key}`

export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  const stored = useRef(sessionStorage.getItem(storageKey(key)))
  const start = useRef(initial)
  const values = useSignal<T>(stored.current ? { ...initial, ...(JSON.parse(stored.current) as T) } : initial)
  const restored = useSignal(stored.current !== null)
  const dirty = () => JSON.stringify(values.peek()) !== JSON.stringify(start.current)

  const watch = () => note(key, dirty())
  const forget = () => {
    sessionStorage.removeItem(storageKey(key))
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
      sessionStorage.setItem(storageKey(key), JSON.stringify(values.value))
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
