/** What {@link JsonCursor} meets that is not what was asked for. */
export class JsonFault extends Error {
  constructor(
    /** What there is, and where. */
    readonly got: string,
    readonly expected: string,
  ) {
    super(`got ${got}, expected ${expected}`)
  }
}

/**
 * Reads JSON of a known form, value by value: what `JSON.parse` lets through does not pass here, such
 * as a key that stands twice, or a number that a double cannot hold. Objects are never made, so no
 * key can reach a prototype.
 */
export class JsonCursor {
  #at = 0

  constructor(private readonly text: string) {}

  /** Reads an object; `visit` reads the value of each key. */
  object(visit: (key: string) => void): void {
    this.#expect('{', 'an object')
    const keys = new Set<string>()
    if (this.#takes('}')) return
    do {
      const start = this.#at
      const key = this.string()
      if (keys.has(key)) throw this.#fault(`the key ${JSON.stringify(key)} twice`, 'it once', start)
      keys.add(key)
      this.#expect(':', '":"')
      visit(key)
    } while (this.#takes(','))
    this.#expect('}', '"," or "}"')
  }

  /** Reads a list of whole numbers from 0 up. */
  wholeNumbers(most: number): number[] {
    this.#expect('[', 'a list of whole numbers')
    const numbers: number[] = []
    if (this.#takes(']')) return numbers
    do {
      if (numbers.length === most) throw this.#fault('a longer list', `at most ${most} numbers`)
      numbers.push(this.#wholeNumber())
    } while (this.#takes(','))
    this.#expect(']', '"," or "]"')
    return numbers
  }

  string(): string {
    this.#expect('"', 'a string')
    const start = this.#at - 1
    let end = this.#at
    for (; this.text[end] !== '"'; end += this.text[end] === '\\' ? 2 : 1) {
      if (end >= this.text.length) throw this.#fault('a string without an end', 'a closing quote')
    }
    this.#at = end + 1
    const value = parsed(this.text.slice(start, this.#at))
    if (value !== undefined && !/\p{Surrogate}/u.test(value)) return value
    throw this.#fault('a string with a character that JSON does not allow', 'a string', start)
  }

  /** Makes sure that nothing comes after. */
  end(): void {
    this.#skipSpace()
    if (this.#at < this.text.length) throw this.#fault(this.#next(), 'nothing more')
  }

  #wholeNumber(): number {
    this.#skipSpace()
    const digits = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y
    digits.lastIndex = this.#at
    const number = Number(digits.exec(this.text)?.[0] ?? Number.NaN)
    if (!Number.isSafeInteger(number)) {
      throw this.#fault(this.#next(), 'a whole number from 0 to 2^53')
    }
    this.#at = digits.lastIndex
    return number
  }

  #takes(letter: string): boolean {
    this.#skipSpace()
    if (this.text[this.#at] !== letter) return false
    this.#at++
    return true
  }

  #expect(letter: string, words: string): void {
    if (!this.#takes(letter)) throw this.#fault(this.#next(), words)
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.#at] ?? 'end')) this.#at++
  }

  #next(): string {
    const rest = this.text.slice(this.#at, this.#at + 20)
    return rest === '' ? 'its end' : JSON.stringify(rest)
  }

  #fault(got: string, expected: string, at = this.#at): JsonFault {
    return new JsonFault(`${got} at character ${at}`, expected)
  }
}

function parsed(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
