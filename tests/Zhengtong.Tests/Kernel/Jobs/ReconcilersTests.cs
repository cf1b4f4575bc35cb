using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Jobs;

[OnDatabase]
public sealed class ReconcilersTests(PlatformFixture platform)
{
    [Fact]
    public async Task Wake_ManyAtOnce_PassesNeverOverlapAndTheLastSignalIsSeen()
    {
        var probe = new Probe();
        await using var own = await StartAsync(probe);
        var app = own.App;
        var reconcilers = app.Services.GetRequiredService<Reconcilers>();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() =>
        {
            Interlocked.Increment(ref probe.Desired);
            reconcilers.Wake<Probing>();
        })));
        await Eventually(() => Volatile.Read(ref probe.Actual) == 50);
        probe.MostAtOnce.ShouldBe(1);
    }

    [Fact]
    public async Task Look_TicksStopAsWhenTheClockWasSetBack_StillComes()
    {
        await using var own = await StartAsync(new Probe());
        await Eventually(async () => (await Runs(own.App, "test.steady")).Count > 0);
        await (await own.App.Services.GetRequiredService<Quartz.ISchedulerFactory>().GetScheduler()).PauseAll();
        var before = (await Runs(own.App, "test.steady")).Count;
        // One may have been under way.
        await Eventually(async () => (await Runs(own.App, "test.steady")).Count > before + 1);
    }

    [Fact]
    public async Task Run_MoreIsLeft_GoesOnAtOnceAndRecordsOneRunWithTheSum()
    {
        var probe = new Probe { Desired = 30, Bound = 7 };
        await using var own = await StartAsync(probe);
        var app = own.App;
        await Eventually(async () => (await Runs(app, "test.probing")).Any(r => r.Count == 30));
    }

    [Fact]
    public async Task Run_Failing_IsRecordedBacksOffAndRecovers()
    {
        var probe = new Probe { Desired = 1, Failures = 2 };
        await using var own = await StartAsync(probe);
        var app = own.App;
        await Eventually(() => Volatile.Read(ref probe.Actual) == 1);
        var runs = await Runs(app, "test.probing");
        runs.Count(r => r.Result == JobResult.Failed && r.Error == "InvalidOperationException: probe").ShouldBe(2);
        // One second after the first failure, two after the second; another job runs on meanwhile.
        probe.Passes.Zip(probe.Passes.Skip(1), (a, b) => b - a).Take(2).ShouldAllBe(gap => gap > TimeSpan.FromMilliseconds(900));
        (await Runs(app, "test.steady")).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task TryTake_Taken_IsNullUntilReleased_AgainAndAgain()
    {
        var leases = platform.App.Services.GetRequiredService<JobLeases>();
        for (var n = 0; n < 20; n++)
        {
            var lease = await leases.TryTakeAsync("test.lease", CancellationToken.None);
            lease.ShouldNotBeNull();
            (await leases.TryTakeAsync("test.lease", CancellationToken.None)).ShouldBeNull();
            await using (var other = await leases.TryTakeAsync("test.other-lease", CancellationToken.None)) { other.ShouldNotBeNull(); }
            lease.Lost.IsCancellationRequested.ShouldBeFalse();
            await lease.DisposeAsync();
        }
    }

    [Fact]
    public async Task Lease_SessionEndedByTheDatabase_CancelsItsHolder()
    {
        Assert.SkipWhen(PlatformFixture.PostgresServer is null, "Sessions are PostgreSQL's; the embedded database leases by locked files.");
        await using var lease = await platform.App.Services.GetRequiredService<JobLeases>().TryTakeAsync("test.cut", CancellationToken.None);
        lease.ShouldNotBeNull();
        var key = JobLeases.KeyOf("test.cut");
        await platform.WithDb(db => db.Database.SqlQuery<bool>(
            $"SELECT pg_terminate_backend(pid) AS \"Value\" FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = ({key} >> 32) & 4294967295 AND objid::bigint = {key} & 4294967295").ToListAsync());
        await Eventually(() => lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Get_Jobs_NeedsTheOperator()
    {
        var department = await platform.Department();
        (await (await platform.SignedIn(department, Role.DepartmentOfficer)).GetAsync("/api/v1/jobs")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await platform.Visitor().GetAsync("/api/v1/jobs")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var client = await platform.SignedIn(department, Role.PlatformOperator);
        (await (await client.PostAsync("/api/v1/jobs/no.such/runs", null)).ReadProblemCode()).ShouldBe("kernel.job-unknown");
        (await (await client.GetAsync("/api/v1/jobs/no.such/runs")).ReadProblemCode()).ShouldBe("kernel.job-unknown");
    }

    [Fact]
    public async Task Post_Run_RunsOnceMoreWithItsLedgerEvent_AndThePageShowsIt()
    {
        var probe = new Probe();
        await using var own = await StartAsync(probe);
        var app = own.App;
        await Eventually(async () => (await Runs(app, "test.probing")).Count == 1);

        var outcome = await InScope(app, services => RunJob.Handle("test.probing", app.Services.GetRequiredService<Reconcilers>(), Actor.Platform,
            services.GetRequiredService<ZhengtongDb>(), TimeProvider.System, CancellationToken.None));
        outcome.Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.Accepted>();
        await Eventually(async () => (await Runs(app, "test.probing")).Count == 2);
        (await InScope(app, s => s.GetRequiredService<ZhengtongDb>().Ledger.CountAsync(e => e.Event == "kernel.job-run-requested" && e.Subject == "test.probing"))).ShouldBe(1);
        var jobs = (await InScope(app, s => ListJobs.Handle(app.Services.GetRequiredService<Reconcilers>(), s.GetRequiredService<ZhengtongDb>(), CancellationToken.None))).Value!;
        var job = jobs.Single(j => j.Name == "test.probing");
        job.Last!.Result.ShouldBe(JobResult.Done);
        job.NextAt.ShouldNotBeNull();

        var page = await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).GetAsync("/admin/jobs");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).ShouldContain("<h1>Jobs</h1>");
    }

    [Fact]
    public async Task Settle_InTheCaller_DoesAllAndSaysHowMany()
    {
        var probe = new Probe { Bound = 3 };
        await using var own = await StartAsync(probe);
        var app = own.App;
        await Eventually(() => probe.Passes.Count > 0);
        probe.Desired = 10;
        (await app.Services.GetRequiredService<Reconcilers>().SettleAsync<Probing>(CancellationToken.None)).ShouldBeInRange(0, 10);
        probe.Actual.ShouldBe(10);
    }

    private static async Task<IReadOnlyList<JobRun>> Runs(WebApplication app, string job) =>
        await InScope(app, s => s.GetRequiredService<ZhengtongDb>().JobRuns.AsNoTracking().Where(r => r.Job == job).OrderBy(r => r.StartedAt).ToListAsync());

    private static async Task<T> InScope<T>(WebApplication app, Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }

    /// <summary>A platform of its own, on the same kind of database, with two more reconcilers.</summary>
    private static Task<OwnPlatform> StartAsync(Probe probe) => OwnPlatform.StartAsync(b =>
    {
        b.Services.AddSingleton(probe);
        b.Services.AddReconciler<Probing>();
        b.Services.AddReconciler<Steady>();
    });

    private static Task Eventually(Func<bool> holds) => Eventually(() => Task.FromResult(holds()));

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Delay(20);
        }
    }

    internal sealed class Probe
    {
        internal int Desired;
        internal int Actual;
        internal int MostAtOnce;
        internal int AtOnce;

        internal int Bound { get; init; } = int.MaxValue;

        internal int Failures { get; set; }

        internal ConcurrentQueue<TimeSpan> Passes { get; } = new();
    }

    internal sealed class Probing(Probe probe) : IReconciler
    {
        private static readonly Stopwatch Since = Stopwatch.StartNew();

        public string Name => "test.probing";

        public TimeSpan Every => TimeSpan.FromHours(1);

        public async Task<Pass> ReconcileAsync(CancellationToken ct)
        {
            probe.MostAtOnce = Math.Max(probe.MostAtOnce, Interlocked.Increment(ref probe.AtOnce));
            probe.Passes.Enqueue(Since.Elapsed);
            try
            {
                if (probe.Failures > 0)
                {
                    probe.Failures--;
                    throw new InvalidOperationException("probe");
                }

                await Task.Delay(5, ct);
                var missing = Volatile.Read(ref probe.Desired) - probe.Actual;
                var done = Math.Min(missing, probe.Bound);
                probe.Actual += done;
                return new Pass(done, More: missing > done);
            }
            finally
            {
                Interlocked.Decrement(ref probe.AtOnce);
            }
        }
    }

    internal sealed class Steady : IReconciler
    {
        public string Name => "test.steady";

        public TimeSpan Every => TimeSpan.FromMilliseconds(200);

        public Task<Pass> ReconcileAsync(CancellationToken ct) => Task.FromResult(Pass.Settled(1));
    }
}
