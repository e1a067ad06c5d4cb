internal import Hierarchy
internal import KernelIO

/// Finds services' watchdogs, which a frozen service cannot notify in time.
struct ServiceWatchdog {
    let system: SystemRoot

    /// The shortest watchdog timeout of the processes; nil without a watchdog.
    ///
    /// systemd passes it in `WATCHDOG_USEC`, for the process in `WATCHDOG_PID`.
    func shortest(of pids: Set<Int32>) -> Duration? {
        pids.compactMap(time).min()
    }

    private func time(_ pid: Int32) -> Duration? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(pid)/environ")) else {
            return nil
        }
        let variables = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        func value(_ name: String) -> Int64? {
            variables.first { $0.hasPrefix("\(name)=") }.flatMap {
                Int64($0.dropFirst(name.utf8.count + 1))
            }
        }
        guard let microseconds = value("WATCHDOG_USEC"), microseconds > 0,
            value("WATCHDOG_PID").map({ $0 == Int64(pid) }) ?? true
        else { return nil }
        return .microseconds(microseconds)
    }
}
