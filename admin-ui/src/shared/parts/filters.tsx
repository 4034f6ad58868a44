// Search and filters above a list. On a phone the filters wait behind one line until they are wanted.
import type { ComponentChildren } from 'preact'
import { t } from '../texts'
import { SearchField } from './search'

interface FiltersProps {
  q: string
  onSearch: (q: string) => void
  inUse: boolean
  children: ComponentChildren
}

export function Filters({ q, onSearch, inUse, children }: FiltersProps) {
  const roomy = matchMedia('(min-width: 40rem)').matches
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <SearchField value={q} onValue={onSearch} />
      <details open={roomy || inUse}>
        <summary>{t('filter.more')}</summary>
        <div class="filters__more">{children}</div>
      </details>
    </form>
  )
}
