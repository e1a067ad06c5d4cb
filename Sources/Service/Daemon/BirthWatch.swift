import Hierarchy
import KernelIO

/// Applies a policy's limits to new cgroups as soon as the kernel reports them, not only at the
/// next tick.
///
/// Runs on a thread of its own, because it blocks on kernel notifications.
actor BirthWatch {
    private let executor = ThreadExecutor(name: "births")
    private let sampler: Sampler
    private let warden: Warden

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ sampler: Sampler, _ warden: Warden) {
        self.sampler = sampler
        self.warden = warden
    }

    /// Watches until the task is canceled.
    func run() async {
        var list = PollList()
        for number in sampler.notices { list.add(number) }
        while !Task.isCancelled {
            guard list.count > 0, await warden.awaitsNewborns else {
                Pause.sleep(.milliseconds(250))
                continue
            }
            list.wait(milliseconds: 250)
            guard list.hasNews(0..<list.count) else { continue }
            // Handle all cgroups created together in one pass; there may be several hierarchies.
            Pause.sleep(.milliseconds(15))
            await warden.welcome(sampler.newborns())
        }
    }
}
