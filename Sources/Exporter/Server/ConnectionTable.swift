#if Exporter
internal import NIOCore
internal import Synchronization

/// The open connections, so that those who do nothing cannot keep others out.
final class ConnectionTable: Sendable {
    private struct Entry {
        let channel: any Channel
        /// Since when it waits for a request; nil while one is answered.
        var waitingSince: NIODeadline?
    }

    private let most: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(most: Int) { self.most = most }

    /// Takes a new connection in; false if there is no room and nobody idle to make some.
    func admit(_ channel: any Channel) -> Bool {
        let (isAdmitted, idlest) = entries.withLock { entries -> (Bool, (any Channel)?) in
            var idlest: (any Channel)?
            if entries.count >= most {
                let waiting = entries.compactMap { id, entry in
                    entry.waitingSince.map { (id: id, since: $0) }
                }
                guard let longest = waiting.min(by: { $0.since < $1.since }) else {
                    return (false, nil)
                }
                idlest = entries.removeValue(forKey: longest.id)?.channel
            }
            entries[ObjectIdentifier(channel)] = Entry(channel: channel, waitingSince: .now())
            return (true, idlest)
        }
        idlest?.close(promise: nil)
        return isAdmitted
    }

    /// Notes that a connection waits for a request from now on, or no longer.
    func note(_ channel: any Channel, isWaiting: Bool) {
        entries.withLock {
            $0[ObjectIdentifier(channel)]?.waitingSince = isWaiting ? .now() : nil
        }
    }

    /// Forgets a connection that was closed.
    func remove(_ channel: any Channel) {
        entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}
#endif
