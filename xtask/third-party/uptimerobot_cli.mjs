// @uptimerobot/cli, UptimeRobot's own command, against our fake of UptimeRobot.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { run } from './checks.mjs'

const command = join(process.env.HOWDAH_NODE_MODULES, '@uptimerobot/cli/bin/run.js')
// Whatever it keeps, it does not find what the developer keeps.
const home = mkdtempSync(join(tmpdir(), 'howdah-'))

/** Runs the command and reads the JSON that it prints. */
async function uptimerobot(words, key = process.env.HOWDAH_TOKEN) {
  const env = {
    PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home,
    UPTIMEROBOT_DEV_API_URL: process.env.HOWDAH_BASE_URL, UPTIMEROBOT_API_KEY: key,
  }
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...words, '--json'], { env })
  return stdout.trim() ? JSON.parse(stdout) : null
}

const items = (answer) => answer.items ?? answer.data ?? answer

const create = (name) => uptimerobot([
  'monitors', 'create', 'http', '--friendly-name', name, '--url', `https://${name}`, '--interval', '60', '--timeout', '30',
])

let monitor

await run({
  async 'the account is told'() {
    assert.equal((await uptimerobot(['user', 'me'])).email, 'admin@example.com')
  },

  async 'a wrong key is refused'() {
    const error = await uptimerobot(['user', 'me'], 'u1-wrong').then(() => null, (error) => error)
    assert.match(`${error?.stdout}${error?.stderr}`, /Invalid API key|401/)
  },

  async 'a monitor is made, read and changed'() {
    monitor = await create('one.example.com')
    assert.equal(monitor.type, 'HTTP')
    const seen = await uptimerobot(['monitors', 'get', String(monitor.id)])
    assert.equal(seen.friendlyName, 'one.example.com')
    const changed = await uptimerobot(['monitors', 'update', String(monitor.id), '--interval', '300'])
    assert.equal(changed.interval, 300)
    const paused = await uptimerobot(['monitors', 'pause', String(monitor.id)])
    assert.equal(paused.status, 'PAUSED')
  },

  async 'a heartbeat tells where it is called'() {
    const beat = await uptimerobot(['monitors', 'create', 'heartbeat', '--friendly-name', 'backup', '--interval', '86400', '--reveal-secrets'])
    assert.match(beat.pingUrl, new RegExp(`/m${beat.id}-[0-9a-f]+$`))
    await uptimerobot(['monitors', 'delete', String(beat.id), '--confirm'])
  },

  async 'lists are paged'() {
    for (const number of [2, 3, 4, 5]) await create(`${number}.example.com`)
    const names = []
    let cursor
    for (let page = 0; page < 10; page += 1) {
      const more = cursor ? ['--cursor', String(cursor)] : []
      const answer = await uptimerobot(['monitors', 'list', '--limit', '2', ...more])
      names.push(...items(answer).map((one) => one.friendlyName))
      cursor = answer.nextCursor
      if (!cursor) break
    }
    assert.equal(names.length, 5)
  },

  async 'a status page and a maintenance window'() {
    const settings = { page: { theme: 'Dark' } }
    const body = { friendlyName: 'status', monitorIds: [monitor.id], customSettings: settings }
    const page = await uptimerobot(['status-pages', 'create', '--body', JSON.stringify(body)])
    assert.deepEqual(page.monitorIds, [monitor.id])
    const logo = join(home, 'logo.png')
    writeFileSync(logo, Buffer.from('89504e470d0a1a0a', 'hex'))
    const other = { friendlyName: 'with a picture', monitorIds: [monitor.id], noIndex: true, customSettings: settings }
    const form = ['status-pages', 'create', '--body', JSON.stringify(other), '--file', `logo=${logo}`]
    const pictured = await uptimerobot(form)
    assert.deepEqual([pictured.monitorIds, pictured.noIndex], [[monitor.id], true])
    assert.equal(pictured.customSettings.page.theme, 'dark')
    assert.ok(pictured.logo)
    for (const one of [page, pictured]) await uptimerobot(['status-pages', 'delete', String(one.id), '--confirm'])
    const window = await uptimerobot([
      'maintenance-windows', 'create', '--name', 'updates', '--interval', 'once', '--date', '2026-12-01',
      '--time', '03:00:00', '--duration', '30',
    ])
    assert.equal(window.duration, 30)
    await uptimerobot(['maintenance-windows', 'delete', String(window.id), '--confirm'])
  },

  async 'what is deleted is gone'() {
    await uptimerobot(['monitors', 'delete', String(monitor.id), '--confirm'])
    const error = await uptimerobot(['monitors', 'get', String(monitor.id)]).then(() => null, (error) => error)
    assert.match(`${error?.stdout}${error?.stderr}`, /not found|404/i)
  },
})
