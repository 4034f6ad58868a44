// What other cities need and offer. Everything but their own words is in the reader's language.
import { call, type Schemas } from '../../shared/api'
import { countryName, kilometres, languageName, month } from '../../shared/format'
import { LIVE, useList, useLoad } from '../../shared/load'
import { Badge, Empty, LinkButton } from '../../shared/parts/basic'
import { SelectField, type Choice } from '../../shared/parts/field'
import { Filters } from '../../shared/parts/filters'
import { List } from '../../shared/parts/list'
import { Page } from '../../shared/parts/page'
import { place, setQuery } from '../../shared/router'
import { language, t, tOr } from '../../shared/texts'
import { PublicHelp } from '../publication/public_view'
import { responseTones } from '../records/cases'
import { categories, offers, proposals, toneOf, type Noun } from '../noun'

type Item = Schemas['NetworkItem']

/** «Arnhem, Niederlande · 274 km», «Doetinchem (Arnhem, Niederlande) · 274 km» */
export function placeText({ origin, municipality, distance_km }: Item): string {
  const city = `${origin.name}, ${countryName(origin.country)}`
  const where = municipality.name === origin.name ? city : `${municipality.name} (${city})`
  return `${where}${distance_km === null ? '' : ` · ${kilometres(distance_km)}`}`
}

function Card({ noun, item }: { noun: Noun; item: Item }) {
  const foreign = item.language !== language.value
  return (
    <li class="card">
      <div class="card__top">
        <Badge tone={toneOf(item.state)}>{tOr(`state.${item.state}`, t('state.other'))}</Badge>
        {item.forwarded_by && <Badge tone="info">{t('network.forwarded_by', { city: item.forwarded_by.name })}</Badge>}
        {item.response && <Badge tone={responseTones[item.response]}>{t(`response.we.${item.response}`)}</Badge>}
      </div>
      <h2 class="card__title"><a href={`/network/${noun.plural}/${encodeURIComponent(item.origin.authority)}/${item.id}`} lang={item.language}>{item.title}</a></h2>
      <p class="card__who">
        {placeText(item)}
        {foreign && <span class="card__language">{languageName(item.language)}</span>}
      </p>
      <div class="card__foot">
        <PublicHelp help={item.help} />
        {item.month && <span class="card__due">{t(`${noun.plural}.due`, { date: month(item.month) })}</span>}
      </div>
    </li>
  )
}

const distances = [50, 100, 250, 500]
const shows = ['mine', 'forwarded'] as const

export function NetworkList({ noun }: { noun: Noun }) {
  const query = place.value.query
  const filters = { q: query.get('q') ?? '', category: query.get('category') ?? '', origin: query.get('origin') ?? '', max_km: query.get('max_km') ?? '', show: query.get('show') ?? '', sort: query.get('sort') ?? '' }
  const { show, ...plain } = filters
  const set = (change: Partial<typeof filters>) => setQuery({ ...filters, ...change })
  const cities = useLoad('network cities', async () => (await call('get', '/api/v1/peers')).items.filter((peer) => peer.role === 'city' && peer.state === 'active'))
  const list = useList<Item>(JSON.stringify(filters), (cursor, limit) =>
    call('get', `/api/v1/network/${noun.plural}`, {
      query: { ...plain, category: [filters.category], mine: show === 'mine' || undefined, forwarded: show === 'forwarded' || undefined, cursor, limit } as never,
    }), LIVE)
  const all: Choice = ['', t('filter.all')]
  const filtered = Object.values(filters).some(Boolean)
  return (
    <Page title={t('network.title')} lead={t('network.lead')}>
      <nav class="tabs" aria-label={t('network.title')}>
        {[proposals, offers].map((one) => (
          <a key={one.plural} href={`/network/${one.plural}`} aria-current={one === noun ? 'page' : undefined}>{t(`network.${one.plural}`)}</a>
        ))}
      </nav>
      <Filters q={filters.q} onSearch={(q) => set({ q })} set={filters}>
        <SelectField label={t('filter.category')} value={filters.category} onValue={(category) => set({ category })} choices={[all, ...categories.map((code) => [code, t(`category.${code}`)] as const)]} />
        <SelectField label={t('filter.city')} value={filters.origin} onValue={(origin) => set({ origin })} choices={[all, ...(cities.data.value ?? []).map(({ authority, name }) => [authority, name] as const)]} />
        <SelectField label={t('filter.distance')} value={filters.max_km} onValue={(max_km) => set({ max_km })} choices={[['', t('filter.any_distance')], ...distances.map((km) => [String(km), t('filter.within', { distance: kilometres(km) })] as const)]} />
        <SelectField label={t('filter.show')} value={filters.show} onValue={(next) => set({ show: next })} choices={[all, ...shows.map((code) => [code, t(`filter.show_${code}`)] as const)]} />
        <SelectField label={t('filter.sort')} value={filters.sort} onValue={(sort) => set({ sort })} choices={[['', t('sort.newest')], ['distance', t('sort.distance')], ['month', t(`sort.${noun.due}`)]]} />
      </Filters>
      <List list={list} count={`network.${noun.plural}_count`}
        empty={
          <Empty title={t(filtered ? 'list.nothing_found' : 'network.empty')}>
            {filtered ? <div><LinkButton href={`/network/${noun.plural}`}>{t('list.show_all')}</LinkButton></div> : <p>{t('network.empty_text')}</p>}
          </Empty>
        }>
        {(items) => <ul class="cards">{items.map((item) => <Card key={`${item.origin.authority} ${item.id}`} noun={noun} item={item} />)}</ul>}
      </List>
    </Page>
  )
}
