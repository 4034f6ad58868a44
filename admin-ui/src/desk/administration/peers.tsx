import { call } from '../../shared/api'
import { LIVE, useLoad } from '../../shared/load'
import { Badge, LinkButton } from '../../shared/parts/basic'
import { Shown } from '../../shared/parts/list'
import { t } from '../../shared/texts'
import { healthText, healthTone } from '../connections'
import { AdministrationPage } from './tabs'

export function PeersAdministration() {
  const peers = useLoad('peers', () => call('get', '/api/v1/peers'), LIVE)
  return (
    <AdministrationPage title="admin.peers" lead="admin.peers_lead" actions={<LinkButton href="/administration/peers/new" kind="primary" icon="add">{t('admin.peer_add')}</LinkButton>}>
      <Shown of={peers}>
        {({ items }) =>
          items.length === 0 ? <p class="muted">{t('connections.empty')}</p> : (
            <ul class="lines">
              {items.map((peer) => (
                <li key={peer.authority}>
                  <a class="line" href={`/administration/peers/${encodeURIComponent(peer.authority)}`}>
                    <span class="line__title">{peer.name} <Badge tone={healthTone(peer)}>{t(`peer.state.${peer.state}`)}</Badge></span>
                    <span class="line__detail">{peer.authority} · {healthText(peer)}</span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </AdministrationPage>
  )
}
