import Glibc

/// A child process (posix_spawn(3)); Foundation's own waits for grandchildren, too, and a server
/// in the background is one.
final class ProgramChild {
    let pid: Int32
    private var status: Int32?

    /// Starts a program that is looked up in this process's `PATH`.
    init(
        _ name: String, _ arguments: [String], environment: [String: String], input: Int32,
        output: String, errors: String
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        for (descriptor, file) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            unsafe posix_spawn_file_actions_addopen(
                &actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        // No signal that this process ignores or blocks is meant for the child.
        var all = sigset_t()
        unsafe sigfillset(&all)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words = unsafe ([name] + arguments).map { unsafe strdup($0) } + [nil]
        var settings = unsafe environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe settings.indices { unsafe free(settings[index]) }
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        var child: Int32 = 0
        let code = unsafe posix_spawnp(&child, name, &actions, &attributes, &words, &settings)
        guard code == 0 else { throw ProgramTrouble("cannot start \(name): errno \(code)") }
        pid = child
    }

    /// The exit status, or 128 and the number of the signal that ended it; nil while it runs.
    func ended() -> Int32? {
        if let status { return status }
        var raw: Int32 = 0
        guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return nil }
        let signal = raw & 0x7f
        status = signal == 0 ? raw >> 8 & 0xff : 128 + signal
        return status
    }

    func send(_ signal: Int32) {
        if ended() == nil { kill(pid, signal) }
    }
}
