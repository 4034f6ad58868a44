// Light, dark, or as the system has it.
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

const saved = localStorage.getItem('hf.theme') as Theme | null
export const theme = signal<Theme>(saved && themes.includes(saved) ? saved : 'system')

effect(() => {
  const root = document.documentElement
  if (theme.value === 'system') root.removeAttribute('data-kern-theme')
  else root.setAttribute('data-kern-theme', theme.value)
  localStorage.setItem('hf.theme', theme.value)
})
