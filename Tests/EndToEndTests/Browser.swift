import Foundation
import TestSupport
import Testing

/// A headless Chromium with one page, driven over the pipe of its DevTools protocol: messages are
/// JSON, each with a NUL behind it.
final class Browser {
    /// The condition for a test's `.enabled(if:)`.
    static let isInstalled = ProgramRun.isInstalled("chromium")

    private let folder: URL
    private let run: ProgramRun
    private let commands: FileHandle
    private var taken = 0
    private var serial = 0
    private var session: String?
    private var events: [JSONText.Object] = []

    /// Starts it with an empty page of this size.
    init(width: Int = 1200, height: Int = 700) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-browser-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let pipe = folder.appending(path: "commands").path()
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        let options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--disable-domain-reliability", "--no-pings",
            // Only the loopback interface.
            "--host-resolver-rules=\"MAP * ~NOTFOUND , EXCLUDE 127.0.0.1\"",
            "--remote-debugging-pipe", "--user-data-dir='\(folder.path())profile'",
        ]
        run = try ProgramRun(
            "sh",
            [
                "-c",
                "exec chromium \(options.joined(separator: " ")) about:blank "
                    + "3<'\(pipe)' 4>&1 1>&2",
            ], environment: ["DBUS_SESSION_BUS_ADDRESS": "disabled:"])
        // Opened in both directions, so that neither side waits for the other.
        commands = try #require(FileHandle(forUpdatingAtPath: pipe))
        let targets = try call("Target.getTargets")["targetInfos"] as? [JSONText.Object] ?? []
        let page = try #require(targets.first { $0["type"] as? String == "page" })
        session =
            try call(
                "Target.attachToTarget", ["targetId": page["targetId"] ?? "", "flatten": true])[
                "sessionId"] as? String
        for domain in ["Page", "Runtime", "Network", "Log"] { _ = try call("\(domain).enable") }
        try resize(width, height)
    }

    deinit {
        session = nil
        _ = try? call("Browser.close")
        _ = try? run.result()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Sends a command of the protocol and returns its result.
    @discardableResult
    func call(_ method: String, _ parameters: JSONText.Object = [:]) throws -> JSONText.Object {
        serial += 1
        let number = serial
        var message: JSONText.Object = ["id": number, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        try commands.write(contentsOf: JSONSerialization.data(withJSONObject: message) + [0])
        let answer = try awaiting("an answer to \(method); \(run.errors.suffix(500))") {
            guard run.isRunning else { throw ProgramTrouble("chromium ended: \(run.errors)") }
            let new = try receive()
            events += new.filter { $0["method"] != nil }
            return new.first { $0["id"] as? Int == number }
        }
        if let error = answer["error"] { throw ProgramTrouble("\(method): \(error)") }
        return answer["result"] as? JSONText.Object ?? [:]
    }

    private func receive() throws -> [JSONText.Object] {
        let bytes = run.bytes[taken...]
        guard let end = bytes.lastIndex(of: 0) else { return [] }
        taken = end + 1
        return try bytes[..<end].split(separator: 0).map {
            try JSONText.object(String(decoding: $0, as: UTF8.self))
        }
    }

    func open(_ address: String) throws {
        try call("Page.navigate", ["url": address])
    }

    func resize(_ width: Int, _ height: Int, isPhone: Bool = false) throws {
        try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": isPhone])
        try call("Emulation.setTouchEmulationEnabled", ["enabled": isPhone])
    }

    /// The value of an expression.
    func value(_ expression: String) throws -> Any? {
        let answer = try call(
            "Runtime.evaluate",
            ["expression": expression, "returnByValue": true, "awaitPromise": true])
        if let exception = answer["exceptionDetails"] {
            throw ProgramTrouble("\(expression): \(exception)")
        }
        return (answer["result"] as? JSONText.Object)?["value"]
    }

    func text(_ expression: String) throws -> String { try value(expression) as? String ?? "" }

    func number(_ expression: String) throws -> Int { try value(expression) as? Int ?? -1 }

    /// Waits until an expression is true.
    func wait(_ expression: String) throws {
        try awaiting(
            "\(expression); the page says: \((try? text("document.body.innerText")) ?? "nothing")"
        ) { try value(expression) as? Bool == true }
    }

    private static let codes = [
        "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Enter": 13,
        "Escape": 27, "Home": 36, "End": 35, "Tab": 9,
    ]

    /// Presses keys by their names in the order given; other texts are typed.
    func press(_ keys: String...) throws {
        for key in keys {
            let names = Self.codes[key] == nil ? key.map { String($0) } : [key]
            for name in names {
                var event: JSONText.Object = ["type": "keyDown", "key": name]
                event["windowsVirtualKeyCode"] = Self.codes[name] ?? 0
                event["text"] = name == "Enter" ? "\r" : Self.codes[name] == nil ? name : ""
                try call("Input.dispatchKeyEvent", event)
                event["type"] = "keyUp"
                event["text"] = nil
                try call("Input.dispatchKeyEvent", event)
            }
        }
        // What follows is drawn with the next frame.
        _ = try value("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    }

    /// Errors on the console, and exceptions.
    func complaints() throws -> [String] {
        _ = try value("0")
        return events.compactMap { event in
            let parameters = event["params"] as? JSONText.Object ?? [:]
            switch event["method"] as? String {
            case "Runtime.exceptionThrown": return "\(parameters)"
            case "Runtime.consoleAPICalled": return "\(parameters)"
            case "Log.entryAdded": return "\(parameters["entry"] ?? "")"
            default: return nil
            }
        }
    }

    /// The addresses that were asked for.
    func requests() throws -> Set<String> {
        _ = try value("0")
        return Set(
            events.filter { $0["method"] as? String == "Network.requestWillBeSent" }.compactMap {
                let request = ($0["params"] as? JSONText.Object)?["request"] as? JSONText.Object
                return request?["url"] as? String
            })
    }
}
