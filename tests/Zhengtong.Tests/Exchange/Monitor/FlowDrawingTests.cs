using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Monitor;

namespace Zhengtong.Tests.Exchange.Monitor;

public sealed class FlowDrawingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_SeveralAgreementsOfAPair_AreOneCurveEachWay()
    {
        var (one, other) = (Guid.CreateVersion7(Now), Guid.CreateVersion7(Now));
        var drawing = FlowDrawing.Of([Flow(one, other, 10), Flow(one, other, 0), Flow(other, one, 1000, AlarmKind.Lag)]);
        drawing.Nodes.Count.ShouldBe(2);
        drawing.Edges.Count.ShouldBe(2);
        var there = drawing.Edges.Single(e => e.From.Id == one);
        var back = drawing.Edges.Single(e => e.From.Id == other);
        there.Path.ShouldNotBe(back.Path);
        there.Flows.Count.ShouldBe(2);
        (there.Class, back.Class).ShouldBe(("flow moves", "flow alarm"));
        back.Wide.ShouldBeGreaterThan(there.Wide);
    }

    [Fact]
    public void Of_MoreDepartmentsThanFit_KeepsThoseWithTheMostTrafficAndSaysHowManyAreLeftOut()
    {
        var hub = Guid.CreateVersion7(Now);
        var flows = Enumerable.Range(0, 40).Select(n => Flow(hub, Guid.CreateVersion7(Now), n)).ToList();
        var drawing = FlowDrawing.Of(flows);
        drawing.Nodes.Count.ShouldBe(FlowDrawing.Most);
        drawing.LeftOut.ShouldBe(41 - FlowDrawing.Most);
        drawing.Edges.ShouldAllBe(e => e.Flows[0].BytesPerMinute > 15);
        drawing.Nodes.ShouldAllBe(n => n.X > 0 && n.X < 960 && n.Y > 0 && n.Y < 540);
    }

    [Fact]
    public void Of_Nothing_IsEmpty() => FlowDrawing.Of([]).Edges.ShouldBeEmpty();

    private static FlowSummary Flow(Guid from, Guid to, long rate, params AlarmKind[] alarms) => new()
    {
        AgreementId = Guid.CreateVersion7(Now), Number = "XS", ResourceName = "R", Kind = DeliveryKind.Table, ProviderId = from, Provider = $"{from}", ProviderShortName = "甲局", ConsumerId = to, Consumer = $"{to}", ConsumerShortName = "乙局",
        UnitsPerMinute = rate, BytesPerMinute = rate, UnitsToday = 0, BytesToday = 0, LagSeconds = 0, LastSuccessAt = null, FailuresToday = 0, QuotaLeft = null, QuotaPerDay = null, Alarms = alarms, DeliveryId = null,
    };
}
