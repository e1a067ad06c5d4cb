#if Exporter
internal import CgroupModel
internal import Logging
internal import NIOHTTP1
internal import Synchronization

/// Refuses requests that a browser sends for another site: those with a Host that is not allowed,
/// or with the Origin of another page.
final class HostCheck: Sendable {
    /// The maximum number of different refused hosts to log; the log helps the owner of a scraper.
    ///
    /// It is bounded because a client can invent any number of hosts.
    private static let mostLogged = 20

    private let allowed: AllowedHosts
    private let logger: Logger
    private let logged = Mutex<Set<String>>([])

    init(_ allowed: AllowedHosts, logger: Logger) {
        self.allowed = allowed
        self.logger = logger
    }

    /// Returns nil for a request that may be answered.
    func refusal(_ headers: HTTPHeaders, _ client: Client) -> Response? {
        guard client.mayBeMisled else { return nil }
        let hosts = headers["Host"]
        guard hosts.count <= 1 else {
            return .sentence(.badRequest, "more than one Host header")
        }
        // A client that sends no Host is not a browser.
        if let host = hosts.first, !host.isEmpty {
            guard let authority = Authority(host), allowed.contains(authority) else {
                return misdirected(host)
            }
        }
        guard let origin = headers.first(name: "Origin") else { return nil }
        let scheme = origin.range(of: "://")
        let from = scheme.flatMap { Authority(String(origin[$0...])) }
        let isOwn = from != nil && hosts.first.flatMap(Authority.init) == from
        guard isOwn || from.map(allowed.lists) ?? false else {
            return .sentence(
                .forbidden,
                "requests from pages of '\(shown(origin))' are refused; "
                    + "allow it with --web.allowed-hosts")
        }
        return nil
    }

    private func misdirected(_ host: String) -> Response {
        let shown = shown(host)
        let isNew = logged.withLock { logged in
            logged.count < Self.mostLogged && logged.insert(shown).inserted
        }
        if isNew {
            logger.warning(
                """
                refused a request for the host '\(shown)'; if this host has that name, add it \
                to --web.allowed-hosts
                """)
        }
        return .sentence(
            .misdirectedRequest,
            "'\(shown)' is not a name of this server; allow it with --web.allowed-hosts, or use an "
                + "address")
    }

    private func shown(_ text: String) -> String { String(text.prefix(100)).printable }
}

extension String {
    /// The index just after the first occurrence of `mark`.
    fileprivate func range(of mark: String) -> Index? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(mark) { return index(place, offsetBy: mark.count) }
            place = index(after: place)
        }
        return nil
    }
}

extension HTTPRequestHead {
    /// The same request with the host in the Host header only; nil for an empty host.
    ///
    /// A client that treats this server as a proxy asks for `http://HOST/PATH` (RFC 9112, 3.2.2).
    var inOriginForm: HTTPRequestHead? {
        let scheme = ["http://", "https://"].first { uri.lowercased().hasPrefix($0) }
        guard let scheme else { return self }
        let rest = uri.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" && $0 != "?" }
        guard !host.isEmpty else { return nil }
        var head = self
        let target = rest.dropFirst(host.count)
        head.uri = target.hasPrefix("/") ? String(target) : "/\(target)"
        head.headers.replaceOrAdd(name: "Host", value: String(host))
        return head
    }
}
#endif
