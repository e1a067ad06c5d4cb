internal import KernelIO

/// Facts about systemd that need no connection to it.
enum InstalledSystemd {
    /// Whether the host runs systemd (sd_booted(3)).
    static var isRunning: Bool {
        (try? OwnedDescriptor.directory(Array("/run/systemd/system".utf8))) != nil
    }

    /// The socket of systemd's own privileged tools, for root.
    static let privateSocket = "/run/systemd/private"

    /// Whether systemd is process 1 of this process's PID namespace.
    ///
    /// In a container with the host's /run, a process ID of the container would name another
    /// process to the host's systemd. False for users other than root, and if systemd hangs.
    static func countsProcessesAsHere(at socket: String = privateSocket) -> Bool {
        do throws(IOError) {
            let connection = try LocalConnection(to: socket)
            return connection.peerProcess == 1
        } catch {
            return false
        }
    }

    /// The version in the name of its shared library; nil if that is not found.
    static var version: String? {
        let places = [
            "/usr/lib/systemd", "/usr/lib/x86_64-linux-gnu/systemd",
            "/usr/lib/aarch64-linux-gnu/systemd", "/usr/lib64/systemd",
        ]
        let prefix = "libsystemd-shared-"
        for place in places {
            guard let directory = try? OwnedDescriptor.directory(Array(place.utf8)),
                let entries = try? directory.entries(path: place)
            else { continue }
            for entry in entries {
                let name = entry.name.pathText
                guard name.hasPrefix(prefix), name.hasSuffix(".so") else { continue }
                return String(name.dropFirst(prefix.count).dropLast(3))
            }
        }
        return nil
    }
}
