// A page that was opened as a file may not start a worker. There, a hidden frame stands in for one, so that the search of the site works from a folder too.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.onmessage = this.onerror = this.onmessageerror = null;
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.title = "Search";
      document.documentElement.append(this.frame);
      const inner = this.frame.contentWindow;
      // As between real workers, a message is a copy, and arrives later.
      inner.postMessage = (data) => setTimeout(() => this.told(structuredClone(data)));
      const script = this.frame.contentDocument.createElement("script");
      script.src = address;
      script.onload = () => {
        this.ready = true;
        this.waiting.splice(0).forEach((data) => this.postMessage(data));
      };
      this.frame.contentDocument.head.append(script);
    }
    told(data) {
      this.onmessage?.(new MessageEvent("message", { data }));
      this.dispatchEvent(new MessageEvent("message", { data }));
    }
    postMessage(data) {
      if (!this.ready) return void this.waiting.push(data);
      const copy = structuredClone(data);
      setTimeout(() => this.frame.contentWindow?.dispatchEvent(new MessageEvent("message", { data: copy })));
    }
    terminate() {
      this.frame.remove();
    }
  };
}
