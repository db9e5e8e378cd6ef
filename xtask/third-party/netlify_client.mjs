// @netlify/api, Netlify's own client, against our fake of Netlify.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

import { run } from './checks.mjs'

const modules = createRequire(process.env.HOWDAH_NODE_MODULES + '/index.js')
const { NetlifyAPI } = await import(pathToFileURL(modules.resolve('@netlify/api')).href)

const base = new URL(process.env.HOWDAH_BASE_URL)
const settings = { scheme: 'http', host: base.host, pathPrefix: base.pathname }
const netlify = new NetlifyAPI(process.env.HOWDAH_TOKEN, settings)
const account_slug = process.env.HOWDAH_ACCOUNT

const sha1 = (text) => createHash('sha1').update(text).digest('hex')
const refused = async (call, status) => {
  const error = await call.then(() => null, (error) => error)
  assert.equal(error?.status, status)
}

let site

await run({
  async 'a wrong token is refused'() {
    await refused(new NetlifyAPI('wrong', settings).getCurrentUser(), 401)
  },

  async 'a site is made, read and changed'() {
    site = await netlify.createSite({ body: { name: 'third-party', custom_domain: 'docs.example.com' } })
    assert.equal(site.ssl_url, 'https://docs.example.com')
    assert.equal((await netlify.getSite({ site_id: 'docs.example.com' })).id, site.id)
    const changed = await netlify.updateSite({ site_id: site.id, body: { force_ssl: true } })
    assert.equal(changed.force_ssl, true)
    await refused(netlify.createSite({ body: { name: 'third-party' } }), 422)
  },

  async 'pages are cut as they are asked for'() {
    for (let number = 0; number < 12; number += 1) await netlify.createSiteInTeam({ account_slug, body: { name: `page-${number}` } })
    const sizes = []
    for (let page = 1; page < 10; page += 1) {
      const sites = await netlify.listSites({ name: 'page-', page, per_page: 5 })
      sizes.push(sites.length)
      if (sites.length < 5) break
    }
    assert.deepEqual(sizes, [5, 5, 2])
    for (const one of await netlify.listSites({ name: 'page-' })) await netlify.deleteSite({ site_id: one.id })
  },

  async 'files are uploaded that a deploy wants'() {
    const files = { '/index.html': sha1('hello'), '/a b.html': sha1('two') }
    const deploy = await netlify.createSiteDeploy({ site_id: site.id, title: 'by hand', body: { files } })
    assert.deepEqual(new Set(deploy.required), new Set(Object.values(files)))
    for (const [path, body] of [['index.html', 'hello'], ['a b.html', 'two']]) {
      const file = await netlify.uploadDeployFile({ deploy_id: deploy.id, path, body: Buffer.from(body) })
      assert.equal(file.sha, sha1(body))
    }
    let state
    for (let attempt = 0; state !== 'ready' && attempt < 20; attempt += 1) {
      await new Promise((done) => setTimeout(done, 500))
      state = (await netlify.getSiteDeploy({ site_id: site.id, deploy_id: deploy.id })).state
    }
    assert.equal(state, 'ready')
    assert.equal((await netlify.listSiteFiles({ site_id: site.id })).length, 2)
  },

  async 'records come and go'() {
    const zone = await netlify.createDnsZone({ body: { name: 'example.com', account_slug } })
    const body = { type: 'A', hostname: 'www.example.com', value: '192.0.2.7', ttl: 300 }
    const record = await netlify.createDnsRecord({ zone_id: zone.id, body })
    assert.equal((await netlify.getDnsRecords({ zone_id: zone.id })).length, 1)
    await netlify.deleteDnsRecord({ zone_id: zone.id, dns_record_id: record.id })
    assert.deepEqual(await netlify.getDnsRecords({ zone_id: zone.id }), [])
    await netlify.deleteDnsZone({ zone_id: zone.id })
  },

  async 'variables, hooks and snippets'() {
    const values = [{ value: 'hush', context: 'all' }]
    await netlify.createEnvVars({ account_id: account_slug, body: [{ key: 'TOKEN', values, is_secret: true }] })
    const [variable] = await netlify.getEnvVars({ account_id: account_slug })
    assert.equal(variable.values[0].value, undefined)
    await netlify.deleteEnvVar({ account_id: account_slug, key: 'TOKEN' })
    const hook = await netlify.createSiteBuildHook({ site_id: site.id, body: { title: 'wiki', branch: 'main' } })
    await netlify.deleteSiteBuildHook({ site_id: site.id, id: hook.id })
    const snippet = await netlify.createSiteSnippet({ site_id: site.id, body: { title: 'a', general: '<!-- a -->' } })
    await netlify.updateSiteSnippet({ site_id: site.id, snippet_id: snippet.id, body: { title: 'b' } })
    assert.equal((await netlify.getSiteSnippet({ site_id: site.id, snippet_id: snippet.id })).title, 'b')
    await netlify.deleteSiteSnippet({ site_id: site.id, snippet_id: snippet.id })
  },

  async 'what is deleted is gone'() {
    await netlify.deleteSite({ site_id: site.id })
    await refused(netlify.getSite({ site_id: site.id }), 404)
  },
})
