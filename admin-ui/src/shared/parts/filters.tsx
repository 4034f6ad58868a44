// Search and filters above a list. On a phone the filters wait behind one line until they are wanted.
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { t, tn } from '../texts'
import { SearchField } from './search'

interface FiltersProps {
  q: string
  onSearch: (q: string) => void
  set: Record<string, string> // the filters by name, empty where not set
  children: ComponentChildren
}

const wide = matchMedia('(min-width: 40rem)')
const roomy = signal(wide.matches)
wide.addEventListener('change', () => { roomy.value = wide.matches })

export function Filters({ q, onSearch, set, children }: FiltersProps) {
  const count = Object.entries(set).filter(([name, value]) => name !== 'q' && value !== '').length
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <SearchField value={q} onValue={onSearch} />
      <details open={roomy.value}>
        <summary>{count > 0 ? tn('filter.set', count) : t('filter.more')}</summary>
        <div class="filters__more">{children}</div>
      </details>
    </form>
  )
}
