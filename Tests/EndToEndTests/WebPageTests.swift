import Foundation
import TestSupport
import Testing

/// The page at `/` in a real browser.
@Suite(
    .serialized, .enabled(if: Browser.isInstalled, "chromium is not installed"),
    .timeLimit(.minutes(15)))
struct WebPageTests {
    /// The names of the rows in sight, from top to bottom.
    private static let names = """
        [...document.querySelectorAll('.row')].map(row => row.querySelector('.label').textContent)
        """
    private static let selected =
        "document.querySelector('.row[aria-selected=true] .label').textContent"

    private static func row(_ name: String) -> String {
        "[...document.querySelectorAll('.row')].find(row => "
            + "row.querySelector('.label').textContent === \(quoted(name)))"
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
    }

    private static func open(_ server: ServingProgram, in browser: Browser) throws {
        try browser.open("http://127.0.0.1:\(server.port)/")
        try browser.wait("document.querySelectorAll('.row').length > 0")
    }

    /// No exception, no blocked request, and no request to another host.
    private static func expectPeace(_ browser: Browser, _ server: ServingProgram) throws {
        #expect(try browser.complaints() == [])
        let requests = try browser.requests().filter { !$0.hasPrefix("data:") }
        #expect(!requests.isEmpty)
        for address in requests {
            #expect(address.hasPrefix("http://127.0.0.1:\(server.port)/"), "\(address)")
        }
    }

    @Test(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
    func pageShowsNewChangedAndRemovedCgroups() throws {
        let server = try ServingProgram()
        let browser = try Browser()
        try Self.open(server, in: browser)
        try browser.wait("document.querySelector('#status').textContent === 'live'")
        let cgroup = try ProgramCgroup("-<b>\"x\" & <script>alert(1)")
        let name = String(cgroup.path.dropFirst())
        // Alone in sight, and shown as it is.
        try browser.press("/", String(name.prefix { $0 != "<" }))
        try browser.wait("\(Self.row(name)) !== undefined")
        #expect(
            try browser.number("document.querySelectorAll('#rows b, #rows script').length") == 0)
        let tasks = "\(Self.row(name))?.querySelector('.tasks').textContent"
        let member = try cgroup.start(
            "echo; while :; do :; done & while sleep 0.2; do :; done", [])
        try browser.wait("Number(\(tasks)) >= 2")
        try browser.wait("Number(\(Self.row(name)).querySelector('.cpu .number').textContent) > 0")
        try browser.wait(
            "\(Self.row(name)).querySelector('.cpu path.line').getAttribute('d') !== ''")
        // Details, with the path as text and the numbers of the catalog.
        try browser.press("Enter")
        try browser.press("End", "Enter")
        try browser.wait("!document.querySelector('#detail').hidden")
        try browser.wait(
            "document.querySelector('#detail-path').textContent === \(Self.quoted(cgroup.path))")
        try browser.wait(
            "document.querySelector('#detail-values').textContent.includes('cpu.usage_usec')")
        try browser.wait("document.querySelector('#detail-causes li')?.textContent.length > 5")
        for directory in cgroup.directories {
            let kill = "while read -r pid; do kill -9 $pid; done <\"$0\""
            _ = try ProgramRun.run("sh", ["-c", kill, directory + "/cgroup.procs"])
        }
        _ = try member.result()
        cgroup.remove()
        try browser.wait("\(Self.row(name)) === undefined")
        try Self.expectPeace(browser, server)
        // The end of the server is noticed.
        server.run.send(SIGTERM)
        #expect(try server.run.result().status == 0)
        try browser.wait("document.querySelector('#status').textContent.startsWith('stale since ')")
    }

    @Test(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
    func pageShowsTheEventsOfTheHost() throws {
        let daemon = try RunningDaemon("defaults: {interval: 500ms}\n")
        try daemon.awaitSample()
        let browser = try Browser()
        try Self.open(daemon.server, in: browser)
        try browser.press("e")
        try browser.wait("!document.querySelector('#events').hidden")
        let cgroup = try ProgramCgroup("-<b>\"x\" & <script>alert(1)")
        let texts = "[...document.querySelectorAll('#host-events li')].map(li => li.textContent)"
        try browser.wait(
            "\(texts).some(text => text.includes('born' + \(Self.quoted(cgroup.path))))")
        #expect(
            try browser.number("document.querySelectorAll('#host-events script').length") == 0)
        cgroup.remove()
        try browser.wait(
            "\(texts).some(text => text.includes('died' + \(Self.quoted(cgroup.path))))")
        try browser.press("e")
        try browser.wait("document.querySelector('#events').hidden")
        try Self.expectPeace(browser, daemon.server)
        #expect(try daemon.end().status == 0)
    }

    @Test func pageIsUsableByKeyboard() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root)
        let browser = try Browser()
        try Self.open(server, in: browser)
        func names() throws -> [String] { try browser.value(Self.names) as? [String] ?? [] }
        try browser.press("p")
        try browser.wait(
            "document.querySelector('#head .name').getAttribute('aria-sort') === 'ascending'")
        let all = try names()
        #expect(all.first == "/" && all.count == 9)
        // One row at a time can be reached with Tab, and the arrows move which one.
        let reachable = "document.querySelectorAll('.row[tabindex=\"0\"]').length"
        try browser.press("ArrowDown", "ArrowDown")
        #expect(try browser.text(Self.selected) == all[2])
        #expect(try browser.number(reachable) == 1)
        #expect(
            try browser.value(
                "document.activeElement === document.querySelector('.row[tabindex=\"0\"]')")
                as? Bool == true)
        try browser.press("End")
        #expect(try browser.text(Self.selected) == all.last)
        try browser.press("Home")
        // Folding, and what a screen reader hears of it.
        let isExpanded = "document.querySelector('.row').getAttribute('aria-expanded')"
        #expect(try browser.text(isExpanded) == "true")
        try browser.press("ArrowLeft")
        #expect(try names() == ["/"])
        #expect(try browser.text(isExpanded) == "false")
        try browser.press(" ")
        #expect(try names() == all)
        // The order, reversed among siblings, and the list without the tree.
        try browser.press("v", "r")
        #expect(try browser.number("document.querySelectorAll('.row[aria-level]').length") == 0)
        try browser.press("v", "r")
        // The filter leaves the ancestors, and Escape ends it.
        try browser.press("/", "db.ser", "Enter")
        #expect(try browser.text("document.querySelector('#count').textContent") == "1 of 9")
        #expect(try names().contains("db.service"))
        #expect(try names().count < 9)
        try browser.press("End", "Enter")
        try browser.wait(
            "document.querySelector('#detail-values').textContent.includes('memory.current')")
        try browser.press("Escape")
        #expect(try browser.value("document.querySelector('#detail').hidden") as? Bool == true)
        try browser.press("\\")
        #expect(try names() == all)
        try browser.press("?")
        #expect(try browser.value("document.querySelector('#help').open") as? Bool == true)
        try browser.press("Escape")
        #expect(try browser.value("document.querySelector('#help').open") as? Bool == false)
        // Holding what is shown.
        try browser.press("Z")
        #expect(try browser.text("document.querySelector('#status').textContent") == "paused")
        let clock = "document.querySelector('#clock').textContent"
        let then = try browser.text(clock)
        Thread.sleep(forTimeInterval: 2)
        #expect(try browser.text(clock) == then)
        try browser.press("Z")
        try browser.wait("\(clock) !== '\(then)'")
        try Self.expectPeace(browser, server)
    }

    @Test func pageShowsThePastAndReturnsToThePresent() throws {
        let past = try PastRecording()
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root, "--history", past.path)
        let browser = try Browser()
        try Self.open(server, in: browser)
        try browser.wait("!document.querySelector('#past').hidden")
        try browser.wait("\(Self.names).length === 9")
        _ = try browser.value(
            """
            (() => { const bar = document.querySelector('#past-time'); bar.value = bar.min;
            bar.dispatchEvent(new Event('input')); return true; })()
            """)
        try browser.wait("\(Self.names).length === 2")
        #expect(try browser.text("document.querySelector('#status').textContent") == "the past")
        // A minute later, the second cgroup exists.
        try browser.press("}")
        try browser.wait("\(Self.names).length === 3")
        try browser.press("l")
        try browser.wait("\(Self.names).length === 9")
        try Self.expectPeace(browser, server)
    }

    /// The browser has the password from the address, and fetch() must not be asked with it.
    @Test(.enabled(if: WebFixture.isPossible, "needs openssl and curl"))
    func pageWorksBehindAPassword() async throws {
        let fixture = try await WebFixture()
        try fixture.write("basic_auth_users: {a: \(WebFixture.hash)}\n")
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram(
            "--root", capture.root, "--web.config.file", fixture.path("web.yml"))
        let browser = try Browser()
        let password = WebFixture.password.replacingOccurrences(of: " ", with: "%20")
        try browser.open("http://a:\(password)@127.0.0.1:\(server.port)/")
        try browser.wait("document.querySelectorAll('.row').length > 0")
        try browser.press("ArrowDown", "Enter")
        try browser.wait(
            "document.querySelector('#detail-values').textContent.includes('memory.current')")
        #expect(try browser.complaints() == [])
    }

    /// A thousand cgroups: what is in sight is in the document, and only what changed is touched.
    @Test func pageShowsManyCgroupsOnAPhone() throws {
        let capture = try ProgramCapture("v2")
        for number in 0..<1000 {
            let cgroup = "cgroup/many.slice/job-\(number).scope"
            try capture.write("\(number * 4096)\n", to: "\(cgroup)/memory.current")
            try capture.write("", to: "\(cgroup)/cgroup.procs")
        }
        let server = try ServingProgram("--root", capture.root)
        let browser = try Browser()
        try browser.resize(360, 740, isPhone: true)
        try Self.open(server, in: browser)
        try browser.wait("document.querySelector('#count').textContent === '1010 cgroups'")
        #expect(try browser.number("document.documentElement.scrollWidth") == 360)
        #expect(try browser.number("document.querySelector('#table').scrollWidth") <= 360)
        #expect(try browser.number("document.querySelectorAll('.row').length") < 60)
        try browser.press("m")
        try browser.press("End")
        #expect(try browser.text(Self.selected) == "job-0.scope")
        try browser.press("Home")
        // Rates come with the second sample, and then nothing moves in a captured tree.
        for _ in 0..<3 {
            let clock = try browser.text("document.querySelector('#clock').textContent")
            try browser.wait("document.querySelector('#clock').textContent !== '\(clock)'")
        }
        _ = try browser.value(
            """
            touched = new Set();
            new MutationObserver(records => {
              for (const record of records) {
                const place = record.target.nodeType === 1 ? record.target : record.target.parentElement;
                const cell = place?.closest('.cell');
                if (cell && !place.closest('svg')) {
                  touched.add(cell.closest('.row').querySelector('.label').textContent);
                }
              }
            }).observe(document.querySelector('#rows'),
              { subtree: true, childList: true, characterData: true, attributes: true });
            0
            """)
        try capture.write("5000000\n", to: "cgroup/many.slice/job-999.scope/memory.current")
        try browser.wait("touched.has('job-999.scope')")
        let touched = try browser.value("[...touched]") as? [String]
        #expect(touched == ["job-999.scope"])
        try Self.expectPeace(browser, server)
    }
}
