// The one table of addresses: pattern → screen.
import type { JSX } from 'preact'
import type { ReadonlySignal } from '@preact/signals'
import { part } from '../shared/parts/part'
import { isAdmin, mayWrite } from '../shared/session'
import { Members } from '../office/members'
import { Connections } from './connections'
import { NetworkDetail } from './network/detail'
import { NetworkList } from './network/list'
import { NotAllowed } from './not_found'
import { offers, proposals, type Noun } from './noun'
import { OrganisationDetail } from './organisations/detail'
import { OrganisationList } from './organisations/list'
import { RecordDetail } from './records/detail'
import { RecordList } from './records/list'
import { Today } from './today'

type Parameters = Record<string, string>
export type Route = [pattern: string, screen: (parameters: Parameters) => JSX.Element]

const more = part<Parameters, typeof import('./more')>(() => import('./more'))

/** What only some may open; the node refuses it to the others anyway. */
const only = (may: ReadonlySignal<boolean>, screen: Route[1]): Route[1] => (parameters) => (may.value ? screen(parameters) : <NotAllowed />)
const writing: typeof more = (show) => only(mayWrite, more(show))
const administering: typeof more = (show) => only(isAdmin, more(show))

const records = (noun: Noun): Route[] => [
  [`/${noun.plural}`, () => <RecordList noun={noun} />],
  [`/${noun.plural}/new`, writing(({ RecordNew }) => <RecordNew noun={noun} />)],
  [`/${noun.plural}/:id`, ({ id }) => <RecordDetail noun={noun} id={id!} />],
  [`/${noun.plural}/:id/edit`, writing(({ RecordEdit }, { id }) => <RecordEdit noun={noun} id={id!} />)],
  [`/${noun.plural}/:id/publication`, more(({ PublicationScreen }, { id }) => <PublicationScreen noun={noun} id={id!} />)],
  [`/network/${noun.plural}`, () => <NetworkList noun={noun} />],
  [`/network/${noun.plural}/:origin/:id`, ({ origin, id }) => <NetworkDetail noun={noun} origin={origin!} id={id!} />],
]

const common: Route[] = [
  ['/account', more(({ Account }) => <Account />)],
  ['/administration', administering(({ Users }) => <Users />)],
  ['/administration/users', administering(({ Users }) => <Users />)],
  ['/administration/users/:id', administering(({ UserDetail }, { id }) => <UserDetail id={id!} />)],
  ['/administration/peers', administering(({ PeersAdministration }) => <PeersAdministration />)],
  ['/administration/peers/new', administering(({ PeerAdd }) => <PeerAdd />)],
  ['/administration/peers/:authority', administering(({ PeerDetail }, { authority }) => <PeerDetail authority={authority!} />)],
  ['/administration/alarms', administering(({ Alarms }) => <Alarms />)],
  ['/administration/audit', administering(({ Audit }) => <Audit />)],
]

export const cityRoutes: Route[] = [
  ['/', () => <Today />],
  ...records(proposals),
  ...records(offers),
  ['/organisations', () => <OrganisationList />],
  ['/organisations/new', writing(({ OrganisationNew }) => <OrganisationNew />)],
  ['/organisations/:id', ({ id }) => <OrganisationDetail id={id!} />],
  ['/organisations/:id/edit', writing(({ OrganisationEdit }, { id }) => <OrganisationEdit id={id!} />)],
  ['/connections', () => <Connections />],
  ['/import', writing(({ Import }) => <Import />)],
  ['/administration/join', administering(({ Join }) => <Join />)],
  ...common,
]

export const officeRoutes: Route[] = [
  ['/', () => <Members />],
  ['/administration/invitations', administering(({ Invitations }) => <Invitations />)],
  ...common,
]
