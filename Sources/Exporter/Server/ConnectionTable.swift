#if Exporter
internal import NIOCore
internal import Synchronization

/// The open connections; closes idle or stalled ones so that they cannot keep out new ones.
final class ConnectionTable: Sendable {
    private struct Entry {
        let channel: any Channel
        /// The client that the connection is counted for.
        let client: String
        /// The time when it began to wait for a request; nil while one is answered.
        var waitingSince: NIODeadline?
        /// The bytes of the response that the client has not read yet.
        var untaken = 0
        /// The time when the client last read a part of the response.
        var took = NIODeadline.now()
    }

    private let limits: ConnectionLimits
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(_ limits: ConnectionLimits) { self.limits = limits }

    /// Admits a new connection, and closes an idle or stalled one if the table is full.
    ///
    /// Returns false if there is no room and no connection to close.
    func admit(_ channel: any Channel, of client: String) -> Bool {
        let (isAdmitted, leaving) = entries.withLock { entries -> (Bool, (any Channel)?) in
            var leaving: (any Channel)?
            if entries.count >= limits.connections {
                let waiting = entries.compactMap { id, entry in
                    entry.waitingSince.map { (id: id, since: $0) }
                }
                guard
                    let id = waiting.min(by: { $0.since < $1.since })?.id
                        ?? Self.mostStalled(entries, where: { _ in true })
                else { return (false, nil) }
                leaving = entries.removeValue(forKey: id)?.channel
            }
            entries[ObjectIdentifier(channel)] = Entry(
                channel: channel, client: client, waitingSince: .now())
            return (true, leaving)
        }
        leaving?.close(promise: nil)
        return isAdmitted
    }

    /// Records that a connection starts or stops waiting for a request.
    func note(_ channel: any Channel, isWaiting: Bool) {
        entries.withLock {
            $0[ObjectIdentifier(channel)]?.waitingSince = isWaiting ? .now() : nil
        }
    }

    /// Records a write of `bytes` to a connection, and closes other connections if the client, or
    /// all clients together, exceed their limit.
    ///
    /// Connections that have not read for the longest time are closed first. A large response
    /// raises the limits, to twice its size for its client and four times its size in total.
    func write(_ bytes: Int, to channel: any Channel) {
        let own = ObjectIdentifier(channel)
        let leaving = entries.withLock { entries -> [any Channel] in
            guard let client = entries[own]?.client else { return [] }
            entries[own]?.untaken = bytes
            entries[own]?.took = .now()
            var leaving: [any Channel] = []
            func drop(_ isCandidate: (String) -> Bool) -> Bool {
                let others = entries.filter { $0.key != own }
                guard let id = Self.mostStalled(others, where: { isCandidate($0.client) }),
                    let entry = entries.removeValue(forKey: id)
                else { return false }
                leaving.append(entry.channel)
                return true
            }
            let ofClient = max(limits.untakenBytesOfClient, 2 * bytes)
            while Self.untaken(entries, of: client) > ofClient, drop({ $0 == client }) {}
            while entries.values.reduce(0, { $0 + $1.untaken })
                > max(limits.untakenBytes, 4 * bytes)
            {
                let clients = Set(entries.values.map(\.client))
                let greediest = clients.max {
                    Self.untaken(entries, of: $0) < Self.untaken(entries, of: $1)
                }
                guard drop({ $0 == greediest }) || drop({ _ in true }) else { break }
            }
            return leaving
        }
        for channel in leaving { channel.close(promise: nil) }
    }

    /// Records that a client has read some of its response, and the bytes that remain.
    func take(_ channel: any Channel, leaving bytes: Int) {
        entries.withLock { entries in
            entries[ObjectIdentifier(channel)]?.untaken = bytes
            entries[ObjectIdentifier(channel)]?.took = .now()
        }
    }

    /// Forgets a closed connection.
    func remove(_ channel: any Channel) {
        entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    private static func untaken(_ entries: [ObjectIdentifier: Entry], of client: String) -> Int {
        entries.values.reduce(0) { $0 + ($1.client == client ? $1.untaken : 0) }
    }

    private static func mostStalled(
        _ entries: [ObjectIdentifier: Entry], where isCandidate: (Entry) -> Bool
    ) -> ObjectIdentifier? {
        entries.filter { $0.value.untaken > 0 && isCandidate($0.value) }
            .min { $0.value.took < $1.value.took }?.key
    }
}
#endif
