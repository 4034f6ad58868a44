// A search field that waits for a pause in typing.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { t } from '../texts'
import { TextField } from './field'

export function SearchField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const typed = useSignal(value)
  useEffect(() => {
    if (typed.peek().trim() !== value) typed.value = value
  }, [value])
  useEffect(() => {
    if (typed.value.trim() === value) return
    const timer = setTimeout(() => onValue(typed.value.trim()), 300)
    return () => clearTimeout(timer)
  }, [typed.value])
  return <TextField label={t('filter.search')} type="search" required={false} maxLength={200} value={typed.value} onValue={(next) => { typed.value = next }} />
}
