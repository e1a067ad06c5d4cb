import CgroupModel
import KernelIO
import Reports

/// Serves one-line requests of commands on the daemon's control socket.
///
/// A request is a line of words separated by tabs. A reply has `ok` or `error STATUS MESSAGE` on
/// the first line, and text on the others. The server runs on a thread of its own, because it
/// blocks on connections.
actor ControlServer {
    /// Answers the words of a request; throws ``CgwardenError`` if it cannot be served.
    typealias Answer = @Sendable ([String]) async throws -> String

    static let name = "control"
    private static let longestRequest = 64 << 10
    private let executor = ThreadExecutor(name: "control")
    private let listener: LocalListener
    private let answer: Answer

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Listens in the state directory, which belongs to this daemon alone.
    init(_ stateDirectory: String, answer: @escaping Answer) throws {
        listener = try LocalListener("\(stateDirectory)/\(Self.name)")
        self.answer = answer
    }

    /// Serves until the task is canceled.
    func run() async {
        while !Task.isCancelled {
            guard let connection = listener.accept(within: 250) else { continue }
            guard connection.peer == 0 || connection.peer == EffectiveUser.number,
                let line = connection.line(most: Self.longestRequest, within: .seconds(2))
            else { continue }
            connection.send(Array(await reply(to: line).utf8), within: .seconds(5))
        }
    }

    private func reply(to line: String) async -> String {
        let words = line.split(separator: "\t").map(String.init)
        do {
            return "ok\n" + (try await answer(words))
        } catch {
            let failure =
                CgwardenError(error) ?? CgwardenError(String(describing: error), .software)
            return "error \(failure.status.rawValue) \(failure.message)\n"
        }
    }
}

/// A client of the running daemon.
package struct ControlClient {
    private static let silence = CgwardenError(
        "the daemon did not respond in time", .temporaryFailure)

    /// Sends a request to the daemon with this user's state directory, and returns its reply.
    ///
    /// Throws the daemon's error, or an error if the daemon does not reply in time or none appears
    /// to run.
    package static func ask(
        _ words: [String], within time: Duration = .seconds(30)
    ) throws -> String {
        let directory = try usualDirectory()
        let path = "\(directory)/\(ControlServer.name)"
        let connection: LocalConnection
        do throws(IOError) {
            connection = try LocalConnection(to: path)
        } catch {
            if error.isPermission {
                throw CgwardenError("only root may use \(path); run as root", .noPermission)
            }
            if error.isTryAgain { throw Self.silence }
            try StateDirectory.requireSystem()
            throw CgwardenError(
                "no daemon listens at \(path); start one: cgwarden daemon", .unavailable)
        }
        connection.send(Array((words.joined(separator: "\t") + "\n").utf8), within: .seconds(2))
        guard let bytes = connection.received(most: 64 << 20, within: time) else {
            throw Self.silence
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("ok\n") { return String(text.dropFirst(3)) }
        let parts = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard parts.count == 3, parts[0] == "error", let number = Int32(parts[1]),
            let status = ExitStatus(rawValue: number)
        else { throw CgwardenError("cannot parse the daemon's reply: \(text)", .software) }
        throw CgwardenError(String(parts[2].dropLast()), status)
    }

    private static func usualDirectory() throws -> String {
        do {
            return try StateDirectory.path()
        } catch {
            try StateDirectory.requireSystem()
            throw error
        }
    }
}
