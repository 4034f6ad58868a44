// What screen readers are told, and the one notice that greets the reader on the next screen.
import { signal } from '@preact/signals'

export const spoken = signal('')
export const notice = signal<string | null>(null)

export function announce(text: string): void {
  spoken.value = spoken.peek() === text ? `${text}\u00a0` : text
}

/** Shown at the top of the present or next screen until the reader goes on. */
export function notify(text: string): void {
  notice.value = text
  announce(text)
}
