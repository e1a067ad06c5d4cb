import Hierarchy
import KernelIO

/// Has the limits of a policy set on new cgroups as soon as the kernel tells of them, not only at
/// the next tick.
///
/// It works on a thread of its own, since it waits for the kernel.
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

    /// Watches until the task is cancelled.
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
            // One look for all that is made at once, in several hierarchies perhaps.
            Pause.sleep(.milliseconds(15))
            await warden.welcome(sampler.newborns())
        }
    }
}
