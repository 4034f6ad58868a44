import { call, type Schemas } from '../../shared/api'
import { useList } from '../../shared/load'
import { Badge, Empty, LinkButton } from '../../shared/parts/basic'
import { SelectField } from '../../shared/parts/field'
import { Filters } from '../../shared/parts/filters'
import { List } from '../../shared/parts/list'
import { Page } from '../../shared/parts/page'
import { place, setQuery } from '../../shared/router'
import { mayWrite } from '../../shared/session'
import { t, tn } from '../../shared/texts'
import { sectors } from './quick'

type Organisation = Schemas['Organisation']

function Card({ organisation }: { organisation: Organisation }) {
  const { id, name, sector, kind, municipality, contacts_count, proposals_count, offers_count } = organisation
  return (
    <li class="card">
      <div class="card__top"><Badge>{t(`sector.${sector}`)}</Badge></div>
      <h2 class="card__title"><a href={`/organisations/${id}`}>{name}</a></h2>
      <p class="card__who">{[kind, municipality].filter(Boolean).join(' · ')}</p>
      <p class="muted">{[tn('contacts.count', contacts_count), tn('proposals.short_count', proposals_count), tn('offers.short_count', offers_count)].join(' · ')}</p>
    </li>
  )
}

export function OrganisationList() {
  const query = place.value.query
  const filters = { q: query.get('q') ?? '', sector: query.get('sector') ?? '' }
  const set = (change: Partial<typeof filters>) => setQuery({ ...filters, ...change })
  const list = useList<Organisation>(JSON.stringify(filters), (cursor, limit) => call('get', '/api/v1/organisations', { query: { ...filters, cursor, limit } as never }))
  const filtered = Boolean(filters.q || filters.sector)
  const empty = (
    <Empty title={t(filtered ? 'list.nothing_found' : 'organisations.empty')}>
      {filtered ? <div><LinkButton href="/organisations">{t('list.show_all')}</LinkButton></div> : <p>{t('organisations.empty_text')}</p>}
    </Empty>
  )
  return (
    <Page title={t('organisations.title')} lead={t('organisations.lead')} actions={mayWrite.value && <LinkButton href="/organisations/new" kind="primary" icon="add">{t('organisations.new')}</LinkButton>}>
      <Filters q={filters.q} onSearch={(q) => set({ q })} set={filters}>
        <SelectField label={t('field.sector')} value={filters.sector} onValue={(sector) => set({ sector })} choices={[['', t('filter.all')], ...sectors.map((code) => [code, t(`sector.${code}`)] as const)]} />
      </Filters>
      <List list={list} count="organisations.count" empty={empty}>
        {(items) => <ul class="cards">{items.map((organisation) => <Card key={organisation.id} organisation={organisation} />)}</ul>}
      </List>
    </Page>
  )
}
