// The one table of addresses: pattern → screen.
import type { JSX } from 'preact'
import type { ReadonlySignal } from '@preact/signals'
import { isAdmin, mayWrite } from '../shared/session'
import { Members } from '../office/members'
import { Invitations } from '../office/invitations'
import { Account } from './account'
import { Alarms } from './administration/alarms'
import { Audit } from './administration/audit'
import { Join } from './administration/join'
import { PeerAdd } from './administration/peer_add'
import { PeerDetail } from './administration/peer_detail'
import { PeersAdministration } from './administration/peers'
import { UserDetail } from './administration/user_detail'
import { Users } from './administration/users'
import { Connections } from './connections'
import { Import } from './import'
import { NetworkDetail } from './network/detail'
import { NetworkList } from './network/list'
import { NotAllowed } from './not_found'
import { OrganisationDetail } from './organisations/detail'
import { OrganisationEdit, OrganisationNew } from './organisations/edit'
import { OrganisationList } from './organisations/list'
import { PublicationScreen } from './publication/screen'
import { RecordDetail } from './records/detail'
import { RecordEdit, RecordNew } from './records/edit'
import { RecordList } from './records/list'
import { offers, proposals, type Noun } from './noun'
import { Today } from './today'

type Parameters = Record<string, string>
export type Route = [pattern: string, screen: (parameters: Parameters) => JSX.Element]

/** What only some may open; the node refuses it to the others anyway. */
const only = (may: ReadonlySignal<boolean>, screen: Route[1]): Route[1] => (parameters) => (may.value ? screen(parameters) : <NotAllowed />)
const writing = (screen: Route[1]) => only(mayWrite, screen)
const administering = (screen: Route[1]) => only(isAdmin, screen)

const records = (noun: Noun): Route[] => [
  [`/${noun.plural}`, () => <RecordList noun={noun} />],
  [`/${noun.plural}/new`, writing(() => <RecordNew noun={noun} />)],
  [`/${noun.plural}/:id`, ({ id }) => <RecordDetail noun={noun} id={id!} />],
  [`/${noun.plural}/:id/edit`, writing(({ id }) => <RecordEdit noun={noun} id={id!} />)],
  [`/${noun.plural}/:id/publication`, ({ id }) => <PublicationScreen noun={noun} id={id!} />],
  [`/network/${noun.plural}`, () => <NetworkList noun={noun} />],
  [`/network/${noun.plural}/:origin/:id`, ({ origin, id }) => <NetworkDetail noun={noun} origin={origin!} id={id!} />],
]

const common: Route[] = [
  ['/account', () => <Account />],
  ['/administration', administering(() => <Users />)],
  ['/administration/users', administering(() => <Users />)],
  ['/administration/users/:id', administering(({ id }) => <UserDetail id={id!} />)],
  ['/administration/peers', administering(() => <PeersAdministration />)],
  ['/administration/peers/new', administering(() => <PeerAdd />)],
  ['/administration/peers/:authority', administering(({ authority }) => <PeerDetail authority={authority!} />)],
  ['/administration/alarms', administering(() => <Alarms />)],
  ['/administration/audit', administering(() => <Audit />)],
]

export const cityRoutes: Route[] = [
  ['/', () => <Today />],
  ...records(proposals),
  ...records(offers),
  ['/organisations', () => <OrganisationList />],
  ['/organisations/new', writing(() => <OrganisationNew />)],
  ['/organisations/:id', ({ id }) => <OrganisationDetail id={id!} />],
  ['/organisations/:id/edit', writing(({ id }) => <OrganisationEdit id={id!} />)],
  ['/connections', () => <Connections />],
  ['/import', writing(() => <Import />)],
  ['/administration/join', administering(() => <Join />)],
  ...common,
]

export const officeRoutes: Route[] = [
  ['/', () => <Members />],
  ['/administration/invitations', administering(() => <Invitations />)],
  ...common,
]
