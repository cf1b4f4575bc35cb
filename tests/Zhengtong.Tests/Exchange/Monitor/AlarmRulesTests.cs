using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Monitor;

namespace Zhengtong.Tests.Exchange.Monitor;

public sealed class AlarmRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 2, 0, 0, TimeSpan.Zero);
    private static readonly MonitorOptions Options = new();

    [Theory]
    [InlineData(DeliveryKind.Table, 600, false)]
    [InlineData(DeliveryKind.Table, 601, true)]
    [InlineData(DeliveryKind.File, 72 * 3600, false)]
    [InlineData(DeliveryKind.File, (72 * 3600) + 1, true)]
    public void Lag_OverTheKindsLimit_IsFound(DeliveryKind kind, int seconds, bool found)
    {
        var flow = Flow(kind) with { WaitingSince = Now.AddSeconds(-seconds) };
        Kinds(flow).Contains(AlarmKind.Lag).ShouldBe(found);
        if (found) { AlarmRules.Of(flow, Options, Now).Single().Figure.ShouldBe(seconds); }
    }

    [Theory]
    // Three cycles of ten minutes; of cycles so short that they would be passed at once, five minutes.
    [InlineData(600, 1800, false)]
    [InlineData(600, 1801, true)]
    [InlineData(1, 300, false)]
    [InlineData(1, 301, true)]
    public void Silence_MoreThanTheAgreedCycles_IsFound(int cycle, int silent, bool found) =>
        Kinds(Flow(DeliveryKind.Table) with { Cycle = TimeSpan.FromSeconds(cycle), AliveAt = Now.AddSeconds(-silent) }).Contains(AlarmKind.Silence).ShouldBe(found);

    [Fact]
    public void Silence_WithoutACycle_IsNone() => Kinds(Flow(DeliveryKind.Api) with { AliveAt = Now.AddYears(-1) }).ShouldBeEmpty();

    [Theory]
    [InlineData(DeliveryKind.Table, 2, 100, false)]
    [InlineData(DeliveryKind.Table, 3, 0, true)]
    [InlineData(DeliveryKind.Api, 0, 19, false)]
    [InlineData(DeliveryKind.Api, 0, 20, true)]
    public void Failures_InARowOrWithinTheHour_AreFound(DeliveryKind kind, int runs, long calls, bool found) =>
        Kinds(Flow(kind) with { FailedRuns = runs, FailuresInHour = calls }).Contains(AlarmKind.Failures).ShouldBe(found);

    [Theory]
    [InlineData(1000, 899, false)]
    [InlineData(1000, 900, true)]
    [InlineData(1, 0, false)]
    [InlineData(1, 1, true)]
    public void Quota_AlmostUsed_IsFound(int perDay, long used, bool found) =>
        Kinds(Flow(DeliveryKind.Api) with { QuotaPerDay = perDay, QuotaUsed = used }).Contains(AlarmKind.Quota).ShouldBe(found);

    [Theory]
    [InlineData(30.5, false)]
    [InlineData(29.5, true)]
    [InlineData(-2, true)]
    public void Key_NearItsEnd_IsFound(double days, bool found) =>
        (AlarmRules.OfKey("key:1", "1", Guid.Empty, Now.AddDays(days), Options, Now) is not null).ShouldBe(found);

    [Fact]
    public void Key_WithoutAnEnd_IsNone() => AlarmRules.OfKey("key:1", "1", Guid.Empty, null, Options, Now).ShouldBeNull();

    [Fact]
    public void Well_NothingIsFound() => Kinds(Flow(DeliveryKind.Table) with { Cycle = TimeSpan.FromMinutes(1) }).ShouldBeEmpty();

    [Fact]
    public void Options_ThatCannotWork_AreEachNamed()
    {
        var refused = new MonitorOptionsCheck().Validate(null, new MonitorOptions { EverySeconds = 0, QuotaPercent = 101, KeyDays = -1 });
        refused.Failures!.Count().ShouldBe(3);
        new MonitorOptionsCheck().Validate(null, Options).Succeeded.ShouldBeTrue();
    }

    private static List<AlarmKind> Kinds(Flow flow) => [.. AlarmRules.Of(flow, Options, Now).Select(f => f.Kind)];

    private static Flow Flow(DeliveryKind kind) => new(Guid.CreateVersion7(Now), "XS-2026-000001", "企业登记信息", kind, Guid.CreateVersion7(Now), Guid.CreateVersion7(Now)) { AliveAt = Now };
}
