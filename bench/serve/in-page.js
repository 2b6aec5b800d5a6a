/* What the serve bench measures within the page: functions of its window. */

/** Colours the plate's map by something else; milliseconds until that is on the screen. */
globalThis.measureMap = () =>
  new Promise((resolve) => {
    const choice = document.querySelector('main select')
    const began = performance.now()
    choice.value = 'mean-0'
    choice.dispatchEvent(new Event('change', { bubbles: true }))
    const look = () => {
      const words = document.querySelector('[data-plot=well-map] svg')?.getAttribute('aria-label')
      if (words?.includes('mean of')) {
        requestAnimationFrame(() => resolve(performance.now() - began))
      } else requestAnimationFrame(look)
    }
    look()
  })

/** Scrolls the table of wells from the first row to the last; milliseconds between the frames. */
globalThis.measureScrolling = () =>
  new Promise((resolve) => {
    const list = document.querySelector('.list')
    const times = []
    let last = performance.now()
    const step = (now) => {
      times.push(now - last)
      last = now
      const before = list.scrollTop
      list.scrollTop += 160
      if (list.scrollTop > before) requestAnimationFrame(step)
      else resolve(times.slice(1))
    }
    requestAnimationFrame(step)
  })
