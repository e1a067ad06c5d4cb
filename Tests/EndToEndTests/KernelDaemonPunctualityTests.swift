import Foundation
import Glibc
import TestSupport
import Testing

/// Slow or hung peers delay neither the ticks nor the stop of the daemon.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonPunctualityTests {
    /// Someone who takes connections and never says a word.
    private final class SilentServer {
        let port: Int
        private let descriptor: Int32

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    unsafe bind(descriptor, raw, length) == 0 && listen(descriptor, 16) == 0
                        && getsockname(descriptor, raw, &length) == 0
                }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
            guard isListening else { throw ProgramTrouble("listen: errno \(errno)") }
        }

        deinit { close(descriptor) }
    }

    /// It keeps ticking while the peer does not respond.
    private func check(_ actions: String, _ rest: String) throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start("echo ready; exec sleep 300")
        defer { member.send(SIGKILL) }
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 200ms, cooldown: 100ms}
            groups: {g: {path: "\(cgroup.path)"}}
            rules:
              - name: often
                on: g
                when: pids.current >= 1
                until: pids.current < 1
                max_active: 300ms
                do: [\(actions)]
            \(rest)

            """)
        try awaiting("it has asked") {
            try daemon.metric("cgwarden_policy_firings_total{rule=\"often\"}") ?? 0 >= 1
        }
        try daemon.awaitTicks(20)
        let result = try daemon.end()
        #expect(result.status == 0)
        #expect(!result.errors.contains("not everything could be restored"), "\(result.errors)")
    }

    /// A daemon that was told to end waited 30 s for such a hook, put nothing back in its cgroup and
    /// left the hook behind.
    @Test func hungHooksDoNotDelayTicksOrTheStop() throws {
        let folder = try ScratchFolder()
        let list = folder.path("hooks")
        try check(
            "{hook: {name: hang}}, {notify: {}}",
            "hooks: {hang: {exec: [/bin/sh, -c, \"echo $$ >> \(list); exec sleep 3000\"], timeout: 1h}}"
        )
        let pids = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
            .compactMap { Int32($0) }
        #expect(!pids.isEmpty)
        for pid in pids { #expect(kill(pid, 0) != 0) }
    }

    @Test func hungWebhookDoesNotDelayTicksOrTheStop() throws {
        let server = try SilentServer()
        try check(
            "{notify: {sinks: [pager]}}",
            "sinks: {pager: {webhook: {url: \"http://127.0.0.1:\(server.port)/\", timeout: 1h}}}")
    }

    @Test func unreachableWebhookDoesNotDelayTicksOrTheStop() throws {
        // The port is closed once the server has exited.
        let port = try SilentServer().port
        try check(
            "{notify: {sinks: [pager]}}",
            "sinks: {pager: {webhook: {url: \"http://127.0.0.1:\(port)/\", timeout: 1h}}}")
    }
}
