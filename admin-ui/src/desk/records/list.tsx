// Proposals or offers of this city: search, filters and order live in the address.
import { call } from '../../shared/api'
import { date } from '../../shared/format'
import { useList } from '../../shared/load'
import { Badge, Empty, LinkButton } from '../../shared/parts/basic'
import { SelectField } from '../../shared/parts/field'
import { Filters } from '../../shared/parts/filters'
import { List } from '../../shared/parts/list'
import { Page } from '../../shared/parts/page'
import { place, setQuery } from '../../shared/router'
import { mayWrite } from '../../shared/session'
import { t } from '../../shared/texts'
import { categories, dueOf, toneOf, type Item, type Noun } from '../noun'
import { HelpTags } from './help'

function Card({ noun, item }: { noun: Noun; item: Item }) {
  const due = dueOf(item)
  return (
    <li class="card">
      <div class="card__top">
        <Badge tone={toneOf(item.state)}>{t(`state.${item.state}`)}</Badge>
        {item.published && <Badge>{t('record.published')}</Badge>}
        {item.forwarded && <Badge>{t('record.forwarded')}</Badge>}
        <span class="card__number">{t('record.number', { number: item.number })}</span>
      </div>
      <h2 class="card__title"><a href={`/${noun.plural}/${item.id}`}>{item.title}</a></h2>
      <p class="card__who">{item.organisation.name} · {item.municipality}</p>
      <div class="card__foot">
        <HelpTags help={item.help} />
        {due && <span class="card__due">{t(`${noun.plural}.due`, { date: date(due) })}</span>}
      </div>
    </li>
  )
}

export function RecordList({ noun }: { noun: Noun }) {
  const query = place.value.query
  const filters = {
    q: query.get('q') ?? '',
    state: query.get('state') ?? '',
    category: query.get('category') ?? '',
    published: query.get('published') ?? '',
    sort: query.get('sort') ?? '',
  }
  const set = (change: Partial<typeof filters>) => setQuery({ ...filters, ...change })
  const list = useList<Item>(JSON.stringify(filters), (cursor, limit) =>
    call('get', `/api/v1/${noun.plural}`, {
      query: { ...filters, state: [filters.state], category: [filters.category], cursor, limit } as never,
    }),
  )
  const filtered = Object.values(filters).some(Boolean)
  const actions = mayWrite.value && <LinkButton href={`/${noun.plural}/new`} kind="primary" icon="add">{t(`${noun.plural}.new`)}</LinkButton>
  const empty = (
    <Empty title={t(filtered ? 'list.nothing_found' : `${noun.plural}.empty`)}>
      {filtered ? <div><LinkButton href={`/${noun.plural}`}>{t('list.show_all')}</LinkButton></div> : (
        <>
          <p>{t(mayWrite.value ? `${noun.plural}.empty_text` : `${noun.plural}.lead`)}</p>
          {mayWrite.value && <div><LinkButton href="/import">{t('import.title')}</LinkButton></div>}
        </>
      )}
    </Empty>
  )
  return (
    <Page title={t(`${noun.plural}.title`)} lead={t(`${noun.plural}.lead`)} actions={actions}>
      <Filters q={filters.q} onSearch={(q) => set({ q })} set={filters}>
        <SelectField label={t('filter.state')} value={filters.state} onValue={(state) => set({ state })}
          choices={[['', t('filter.all')], ...noun.states.map((state) => [state, t(`state.${state}`)] as const)]} />
        <SelectField label={t('filter.category')} value={filters.category} onValue={(category) => set({ category })}
          choices={[['', t('filter.all')], ...categories.map((category) => [category, t(`category.${category}`)] as const)]} />
        <SelectField label={t('filter.published')} value={filters.published} onValue={(published) => set({ published })}
          choices={[['', t('filter.all')], ['true', t('filter.published_yes')], ['false', t('filter.published_no')]]} />
        <SelectField label={t('filter.sort')} value={filters.sort} onValue={(sort) => set({ sort })}
          choices={[['', t('sort.updated')], [noun.due, t(`sort.${noun.due}`)], ['title', t('sort.title')]]} />
      </Filters>
      <List list={list} count={`${noun.plural}.count`} empty={empty}>
        {(items) => <ul class="cards">{items.map((item) => <Card key={item.id} noun={noun} item={item} />)}</ul>}
      </List>
    </Page>
  )
}
