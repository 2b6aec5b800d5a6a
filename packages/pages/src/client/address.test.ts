import { describe, expect, it } from 'vitest'
import { fileLink, linkTo, readAddress } from './address.js'

describe('an address', () => {
  it('says again what it was made of, whatever is in it', () => {
    const params = { store: 'stores/a & b', plate: 'HUVEC-01/1', well: 'ü=?#%' }
    const [path = '', query = ''] = linkTo('plate', params).split('?')
    expect(readAddress(path, query)).toEqual({ view: 'plate', params })
  })

  it('leaves out what is not given', () => {
    expect(linkTo('wells', { run: 'r', text: '', plate: undefined })).toBe('/wells?run=r')
    expect(linkTo('home')).toBe('/')
  })

  it('of no view is known as such', () => {
    expect(readAddress('/constructor', '').view).toBe('unknown')
  })

  it('of a file keeps its folders and nothing else apart', () => {
    expect(fileLink('a b/c#?.ozx/B/02')).toBe('/files/a%20b/c%23%3F.ozx/B/02')
  })
})
