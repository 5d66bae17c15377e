import { describe, expect, it } from 'vitest';
import { aBill, aFilm, aFlight, aRequest, aRide, aTrain } from './support/card-bodies.ts';
import { pageWorlds } from './support/page-world.ts';

const open = pageWorlds();

describe('a card', () => {
  it('appears, changes in its place, and leaves with a trace', async () => {
    await using world = await open();
    const { session, page, card } = world;
    await expect.poll(() => page.locator('#cards-empty').isVisible()).toBe(true);
    await session.post(aBill('B-1'));
    await session.post(aRide('R-1'));
    await expect.poll(() => page.locator('#cards > li').count()).toBe(2);
    expect(await page.locator('#cards-count').textContent()).toBe('2 cards');
    expect(await page.locator('#cards-empty').isVisible()).toBe(false);

    await session.post(aBill('B-1', 'OVERDUED', { command: 'UPDATE' }));
    await expect.poll(() => card('B-1').locator('.chip').textContent()).toBe('Overdue');
    // The newest order stays on top: a change moves nothing.
    expect(await page.locator('#cards > li').first().getAttribute('data-order')).toBe('R-1');

    await session.post(aBill('B-1', 'CLOSED', { command: 'UPDATE' }));
    await expect.poll(() => card('B-1').count()).toBe(0);
    expect(await page.locator('#cards-count').textContent()).toBe('1 card');
    expect(await page.locator('#gone').textContent()).toMatch(/^CLP Powerended, \d\d:\d\d$/);

    await session.post(aBill('B-1'));
    await expect.poll(() => card('B-1').count()).toBe(1);
    expect(await page.locator('#gone-area').isVisible()).toBe(false);
  });

  it('expires by the clock of the sandbox, which the page moves ahead', async () => {
    await using world = await open();
    await world.session.post(aBill('B-1', 'WAIT_PAY', { endDate: Date.now() + 3_600_000 }));
    await expect.poll(() => world.card('B-1').count()).toBe(1);
    await world.page.getByRole('button', { name: '1 hour' }).click();
    await expect.poll(() => world.card('B-1').count()).toBe(0);
    expect(await world.page.locator('#gone').textContent()).toContain('expired');
    expect(await world.page.locator('#time-said').textContent()).toContain('It is now');
  });

  it('that was there before the page is shown, and so is what is already gone', async () => {
    await using world = await open({
      prepare: async session => {
        await session.post(aBill('B-1'));
        await session.post(aRide('R-1'));
        await session.post(aRide('R-1', 'FINISHED', { command: 'UPDATE' }));
      },
    });
    await expect.poll(() => world.card('B-1').count()).toBe(1);
    expect(await world.page.locator('#gone li').count()).toBe(1);
  });
});

describe('each template is laid out as its kind deserves', () => {
  it('in English', async () => {
    await using world = await open();
    const { session, card } = world;
    await session.post(aBill('B-1', 'PAY_FAILED'));
    await session.post(aFlight('F-1', 'FLIGHT_DELAYS'));
    await session.post(aTrain('T-1'));
    await session.post(aFilm('M-1'));
    await session.post(aRide('R-1'));
    await session.post(
      aRequest('H-1', 'HOTEL_ORDER_DEFAULT', 'BOOKED', { en_US: { hotel: 'The Peninsula', guests: ['Ada', 'Bo'] } }),
    );
    await expect.poll(() => card('H-1').count()).toBe(1);
    const text = async (order: string, part: string) => (await card(order).locator(part).allTextContents()).join(' | ');

    expect(await text('B-1', 'h3')).toBe('CLP Power');
    expect(await text('B-1', '.figure')).toBe('HK$1,234.50');
    expect(await text('B-1', '.due')).toContain('Due 1 Dec');
    expect(await text('B-1', '.chip')).toBe('Payment failed');

    expect(await text('F-1', 'h3')).toBe('Cathay Pacific');
    expect(await text('F-1', '.hour')).toBe('23:30 | 04:45+1Day');
    expect(await text('F-1', '.place')).toBe('Hong Kong | Tokyo');
    expect(await text('F-1', '.line')).toBe('4h 15m');
    expect(await text('F-1', '.terminal')).toBe('Terminal 1 | Terminal 2');

    expect(await text('T-1', 'h3')).toBe('Train G5623');
    expect(await text('T-1', '.line')).toBe('19m');
    expect(await text('T-1', '.fact')).toBe('GateB2 | Seats05-12A05-12B');

    expect(await text('M-1', 'h3')).toBe('In the Mood for Love');
    expect(await text('M-1', '.fact')).toContain('Tue, 24 Nov 19:40');
    expect(await text('M-1', '.tag')).toBe('F7 | F8');

    expect(await text('R-1', 'h3')).toBe('Your driver arrives in 5 min');
    expect(await text('R-1', '[aria-current=step]')).toBe('Driver');
    expect(await text('R-1', '.fact')).toBe('EstimateHK$45.00 – HK$52.00 | CarVK 1234');

    expect(await text('H-1', 'h3')).toBe('Hotel order');
    expect(await text('H-1', '.others')).toBe('hotelThe PeninsulaguestsAda, Bo');
  });

  it('a ride says at each step where it stands', async () => {
    await using world = await open();
    const { session, card } = world;
    const says = [
      ['PENDING', 'Looking for a driver nearby', 'Request'],
      ['TO_SEND', 'Looking for another driver', 'Request'],
      ['TO_BOARD', 'Your driver is waiting', 'Pick-up'],
      ['SERVING', 'About 24 min to your destination', 'Trip'],
      ['WAIT_PAY', 'Please pay for your ride', 'Payment'],
    ] as const;
    for (const [status] of says) await session.post(aRide(status, status));
    await expect.poll(() => card('WAIT_PAY').count()).toBe(1);
    for (const [status, headline, step] of says) {
      expect(await card(status).locator('h3').textContent()).toBe(headline);
      expect(await card(status).locator('[aria-current=step]').textContent()).toBe(step);
    }
  });

  it('text that looks like markup stays text', async () => {
    await using world = await open();
    const evil = '<img src=x onerror=alert(1)>';
    await world.session.post(
      aRequest(evil, 'HOTEL_ORDER_DEFAULT', evil, { en_US: { [evil]: evil, hotel_url: 'javascript:alert(1)' } }),
    );
    await expect.poll(() => world.page.locator('#cards > li').count()).toBe(1);
    await world.page.locator('.history').click();
    await expect.poll(() => world.page.locator('#steps li').count()).toBe(1);
    expect(await world.page.locator('img').count()).toBe(0);
    expect(await world.page.locator('a[href^=javascript]').count()).toBe(0);
    expect(await world.page.locator('#order-title').textContent()).toBe(evil);
  });
});

describe('the language', () => {
  it('turns chrome and cards, keeps the choice, and hides a card that was not sent in it', async () => {
    await using world = await open();
    const { session, page, card } = world;
    await session.post(aBill('B-1'));
    await session.post(aRequest('H-1', 'HOTEL_ORDER_DEFAULT', 'BOOKED', { en_US: { hotel: 'The Peninsula' } }));
    await expect.poll(() => page.locator('#cards-count').textContent()).toBe('2 cards');
    await page.getByRole('radio', { name: '繁體中文' }).check();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-HK');
    expect(await page.title()).toBe('訂單卡片沙盒');
    expect(await card('B-1').locator('h3').textContent()).toBe('中華電力');
    expect(await card('B-1').locator('.chip').textContent()).toBe('待繳費');
    expect(await card('B-1').locator('.due').textContent()).toContain('12月1日');
    expect(await page.getByRole('heading', { name: '請求', exact: true }).count()).toBe(1);
    expect(await card('H-1').isVisible()).toBe(false);
    expect(await page.locator('#cards-count').textContent()).toBe('1 張卡片');
    expect(await page.locator('#cards-note').textContent()).toBe('1 張已隱藏：沒有中文內容。');
    // Codes of the API are English wherever they stand.
    expect(await page.locator('#request-list .what').first().getAttribute('lang')).toBe('en');

    await page.reload();
    await world.live();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-HK');
    await page.getByRole('radio', { name: 'English' }).check();
    expect(await card('B-1').locator('h3').textContent()).toBe('CLP Power');
    await expect.poll(() => card('H-1').isVisible()).toBe(true);
  });

  it('is the one of the browser at first', async () => {
    await using world = await open({ context: { locale: 'zh-HK' } });
    expect(await world.page.locator('html').getAttribute('lang')).toBe('zh-HK');
    expect(await world.page.locator('#connection').textContent()).toBe('即時');
  });
});

describe('the customer', () => {
  it('is searched for and chosen, and the phone then shows that one’s cards only', async () => {
    await using world = await open();
    const { session, page, card } = world;
    for (let user = 1; user <= 60; user++) {
      const userId = `216000000000${String(user).padStart(4, '0')}`;
      await session.post(aBill(`B-${user}`, 'WAIT_PAY', { userId }));
    }
    await session.post(aRide('R-7', 'PENDING', { userId: '2160000000000007' }));
    await session.post(aRide('R-O', 'PENDING', { userId: undefined, openId: 'open-7' }));
    await expect.poll(() => page.locator('#cards > li').count()).toBe(62);
    const box = page.getByRole('combobox', { name: 'Customer' });
    await box.click();
    await expect.poll(() => page.locator('#user-list li').count()).toBe(51);
    expect(await page.locator('#user-status').textContent()).toBe('50 of 61 customers');
    await box.fill('0007');
    await expect.poll(() => page.locator('#user-list li').allTextContents()).toEqual(['21600000000000072 cards live']);
    await box.press('Enter');
    await expect.poll(() => page.locator('#cards > li').count()).toBe(2);
    expect(await card('B-7').count()).toBe(1);

    // What others get does not come here; what this one gets does.
    await session.post(aRide('R-8', 'PENDING', { userId: '2160000000000008' }));
    await session.post(aRide('R-7', 'SERVING', { command: 'UPDATE', userId: '2160000000000007' }));
    await expect.poll(() => card('R-7').locator('.chip').textContent()).toBe('On trip');
    expect(await page.locator('#cards > li').count()).toBe(2);

    await page.reload();
    await world.live();
    await expect.poll(() => page.locator('#cards > li').count()).toBe(2);
    await box.fill('open');
    await page.getByRole('option', { name: 'open-7' }).click();
    await expect.poll(() => card('R-O').count()).toBe(1);
    expect(await page.locator('#cards > li').count()).toBe(1);
    await box.click();
    await page.getByRole('option', { name: 'All customers' }).click();
    await expect.poll(() => page.locator('#cards > li').count()).toBe(63);
  });
});

describe('a thousand cards', () => {
  it('are all there, and a change touches one of them only', async () => {
    await using world = await open();
    const { session, page, card } = world;
    const orders = Array.from({ length: 1000 }, (_, number) => `B-${number}`);
    await Promise.all(orders.map(order => session.post(aBill(order))));
    await expect.poll(() => page.locator('#cards > li').count()).toBe(1000);
    expect(await page.locator('#cards-count').textContent()).toBe('1,000 cards');
    expect(await page.locator('#cards-note').textContent()).toBe('The newest 1,000 are shown.');

    await page.evaluate(() => {
      const list = document.querySelector('#cards');
      const touched = new Set<string | undefined>();
      Object.assign(window, { touched });
      if (list === null) return;
      new MutationObserver(records => {
        for (const { target } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          touched.add(element?.closest<HTMLElement>('#cards > li')?.dataset.order ?? 'the list');
        }
      }).observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    const touched = () => page.evaluate('[...window.touched]');
    await session.post(aBill('B-500', 'OVERDUED', { command: 'UPDATE' }));
    await expect.poll(() => card('B-500').locator('.chip').textContent()).toBe('Overdue');
    expect(await touched()).toEqual(['B-500']);

    // One more: the oldest makes room.
    const oldest = await page.locator('#cards > li').last().getAttribute('data-order');
    await session.post(aRide('R-1'));
    await expect.poll(() => card('R-1').count()).toBe(1);
    expect(await page.locator('#cards > li').count()).toBe(1000);
    expect(await card(oldest ?? '').count()).toBe(0);
    await page.getByRole('radio', { name: '繁體中文' }).check();
    expect(await page.locator('#cards > li h3').first().textContent()).toBe('司機將於 5 分鐘內到達');
    expect(await page.locator('#cards > li').count()).toBe(1000);
  });
});
