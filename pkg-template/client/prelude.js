// What is made ready for a connection while its core is on its way: its place among the tabs, and its first requests.

export class Prelude {
  /** The name of the tabs that would share the connection, if any. */
  group;
  /** Until the connection has them. */
  #tabs;
  /** Whether this tab may connect, as far as can be seen. @type {Promise<boolean> | undefined} */
  #mayConnect;
  #headStart;
  #isOver = false;

  /** @param {new (name: string) => import("../core/tabs.js").Tabs} Tabs */
  constructor(Tabs, group) {
    this.group = group;
    if (group === undefined) return;
    this.#tabs = new Tabs(group);
    this.#mayConnect = this.#tabs.scout(() => this.#headStart?.end());
  }

  /**
   * Makes the first requests, if no other tab has done so.
   * @param {() => import("../compat/head-start.js").HeadStart | undefined} start
   */
  async begin(start) {
    if (this.#mayConnect && !(await this.#mayConnect)) return;
    if (!this.#isOver) this.#headStart = start();
  }

  /** The answer to a request of the core, if it was asked for. From the first one on the core asks for all itself. */
  take(...request) {
    this.#isOver = true;
    return this.#headStart?.take(...request);
  }

  /** The other tabs, for the connection: once. */
  takeTabs() {
    const tabs = this.#tabs;
    this.#tabs = undefined;
    return tabs;
  }

  /** Nobody takes it. */
  end() {
    this.#isOver = true;
    this.#headStart?.end();
    this.takeTabs()?.end();
  }
}
