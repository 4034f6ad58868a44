// The one table of addresses: pattern → screen.
import type { JSX } from 'preact'
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
import { OrganisationDetail } from './organisations/detail'
import { OrganisationEdit, OrganisationNew } from './organisations/edit'
import { OrganisationList } from './organisations/list'
import { PublicationScreen } from './publication/screen'
import { RecordDetail } from './records/detail'
import { RecordEdit, RecordNew } from './records/edit'
import { RecordList } from './records/list'
import { offers, proposals, type Noun } from './records/noun'
import { Today } from './today'

type Parameters = Record<string, string>
export type Route = [pattern: string, screen: (parameters: Parameters) => JSX.Element]

const records = (noun: Noun): Route[] => [
  [`/${noun.plural}`, () => <RecordList noun={noun} />],
  [`/${noun.plural}/new`, () => <RecordNew noun={noun} />],
  [`/${noun.plural}/:id`, ({ id }) => <RecordDetail noun={noun} id={id!} />],
  [`/${noun.plural}/:id/edit`, ({ id }) => <RecordEdit noun={noun} id={id!} />],
  [`/${noun.plural}/:id/publication`, ({ id }) => <PublicationScreen noun={noun} id={id!} />],
  [`/network/${noun.plural}`, () => <NetworkList noun={noun} />],
  [`/network/${noun.plural}/:origin/:id`, ({ origin, id }) => <NetworkDetail noun={noun} origin={origin!} id={id!} />],
]

const common: Route[] = [
  ['/account', () => <Account />],
  ['/administration', () => <Users />],
  ['/administration/users', () => <Users />],
  ['/administration/users/:id', ({ id }) => <UserDetail id={id!} />],
  ['/administration/peers', () => <PeersAdministration />],
  ['/administration/peers/new', () => <PeerAdd />],
  ['/administration/peers/:authority', ({ authority }) => <PeerDetail authority={authority!} />],
  ['/administration/alarms', () => <Alarms />],
  ['/administration/audit', () => <Audit />],
]

export const cityRoutes: Route[] = [
  ['/', () => <Today />],
  ...records(proposals),
  ...records(offers),
  ['/organisations', () => <OrganisationList />],
  ['/organisations/new', () => <OrganisationNew />],
  ['/organisations/:id', ({ id }) => <OrganisationDetail id={id!} />],
  ['/organisations/:id/edit', ({ id }) => <OrganisationEdit id={id!} />],
  ['/connections', () => <Connections />],
  ['/import', () => <Import />],
  ['/administration/join', () => <Join />],
  ...common,
]

export const officeRoutes: Route[] = [
  ['/', () => <Members />],
  ['/administration/invitations', () => <Invitations />],
  ...common,
]
