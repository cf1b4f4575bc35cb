using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Brokers;

/// <summary>Our side as a client of brokers that are slow, lie, break off and talk nonsense: what is made once, what is deleted, and what never is.</summary>
[OnDatabase]
public sealed class BrokeredFulfilmentTests(DeliveryScene scene) : IClassFixture<DeliveryScene>, IAsyncLifetime
{
    private const string Made = """{"dashboard_url":"https://example.org/a","unknown":[1]}""";
    private ScriptedBroker broker = null!;
    private Guid brokerId;
    private string service = "";

    public async ValueTask InitializeAsync()
    {
        broker = await ScriptedBroker.StartAsync();
        brokerId = DeliveryScene.Id();
        service = $"s{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var vault = scene.App.Services.GetRequiredService<Vault>();
        await scene.WithDb(db =>
        {
            db.ServiceBrokers.Add(new ServiceBroker
            {
                Id = brokerId, Name = $"broker {brokerId}", Address = broker.Address, Credentials = RegisterBroker.SealOf(vault, brokerId, "platform", "geheim:1"), CreatedAt = TimeProvider.System.GetUtcNow(),
                Catalogue = new BrokerCatalogue([new BrokerOffering("o", "o", "o", true, false, true, [Plan("a"), Plan("b")])]),
            });
            db.BrokeredPlans.AddRange(
                new BrokeredPlan { ServiceCode = service, PlanCode = "a", BrokerId = brokerId, OfferingId = "o", PlanId = "a", Parameters = """{"size":1}""" },
                new BrokeredPlan { ServiceCode = service, PlanCode = "b", BrokerId = brokerId, OfferingId = "o", PlanId = "b" });
            return db.SaveChangesAsync();
        });
    }

    public ValueTask DisposeAsync() => broker.DisposeAsync();

    [Fact]
    public async Task Instance_MadeBoundUnboundRemoved_IsAskedForOnceAndLeavesNothing()
    {
        broker.Answer = (method, what) => what switch { "PUT instance" => new(201, Made), "PUT binding" => new(201, """{"credentials":{"password":"p"}}"""), _ => new(200) };
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem, resource.Address).ShouldBe((CloudResourceState.Running, null, "https://example.org/a"));
        broker.Count("PUT").ShouldBe(1);
        var head = broker.Heads.First();
        head["X-Broker-API-Version"].ToString().ShouldBe("2.17");
        head.Authorization.ToString().ShouldBe($"Basic {Convert.ToBase64String("platform:geheim:1"u8)}");
        Encoding.UTF8.GetString(Convert.FromBase64String(head["X-Broker-API-Originating-Identity"].ToString().Split(' ')[1])).ShouldContain($"{scene.Department}");

        var binding = await BindAsync(id);
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        var kept = await scene.WithDb(db => db.BrokeredThings.AsNoTracking().SingleAsync(b => b.Id == binding));
        JsonSerializer.Deserialize<JsonElement>(scene.App.Services.GetRequiredService<Vault>().Open(kept.Credentials, Brokered.PurposeOf(binding))).GetProperty("password").GetString().ShouldBe("p");

        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        broker.Asked.Where(a => a.StartsWith("DELETE", StringComparison.Ordinal)).Select(a => a.Contains("service_bindings", StringComparison.Ordinal)).ShouldBe([true, false]);
        (await scene.WithDb(db => db.BrokerCalls.AsNoTracking().Where(c => c.BrokeredId == kept.Id || db.BrokeredThings.Any(b => b.InstanceOf == id && b.Id == c.BrokeredId)).OrderBy(c => c.At).ThenBy(c => c.Id).ToListAsync()))
            .Select(c => (c.Act, c.IsMitigation)).ShouldBe([(BrokerAct.Provision, false), (BrokerAct.Bind, false), (BrokerAct.Unbind, false), (BrokerAct.Deprovision, false)]);
    }

    [Fact]
    public async Task Operations_Awaited_AreAskedForByTheirNameUntilTheyEnd()
    {
        var polls = 0;
        broker.Answer = (_, what) => what switch
        {
            "PUT instance" => new(202, """{"operation":"a b&c"}"""),
            "DELETE instance" => new(202, "{}"),
            "GET instance/last_operation" => ++polls % 3 == 0 ? new(200, """{"state":"succeeded"}""") : new(200, """{"state":"in progress"}"""),
            _ => new(404),
        };
        var id = await GrantAsync();
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        broker.Asked.Count(a => a.Contains("last_operation", StringComparison.Ordinal) && a.Contains("operation=a%20b%26c", StringComparison.Ordinal)).ShouldBe(3);
        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (broker.Count("PUT"), broker.Count("DELETE"), polls).ShouldBe((1, 1, 6));
    }

    /// <summary>The mitigation table: what is deleted after which answer to a provision.</summary>
    [Theory]
    [InlineData(500, "{}", true)]
    [InlineData(503, "nonsense", true)]
    [InlineData(0, "", true)]
    [InlineData(-1, "", true)]
    [InlineData(201, "nonsense", true)]
    [InlineData(201, "", true)]
    [InlineData(201, "[]", true)]
    [InlineData(201, "long", true)]
    [InlineData(202, "nonsense", true)]
    [InlineData(202, """{"operation":1}""", true)]
    [InlineData(204, "", true)]
    [InlineData(206, "{}", true)]
    [InlineData(200, "nonsense", false)]
    [InlineData(400, "{}", false)]
    [InlineData(408, "{}", false)]
    [InlineData(409, "{}", false)]
    [InlineData(410, "{}", false)]
    [InlineData(422, """{"error":"ConcurrencyError"}""", false)]
    [InlineData(422, """{"error":"AsyncRequired"}""", false)]
    [InlineData(302, "{}", false)]
    public async Task Provision_Answered_DeletesWhatMayBeLeftAndNothingElse(int status, string body, bool deletes)
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(status, body == "long" ? $"{{\"a\":\"{new string('a', 30_000)}\"}}" : status is 204 ? "" : body) : method == "DELETE" ? new(410) : new(404);
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id, most: 2);
        broker.Count("DELETE").ShouldBe(deletes ? 1 : 0);
        resource.DeliveredAt.ShouldBeNull();
        // The broker comes to its senses.
        broker.Answer = (method, what) => method == "PUT" ? new(201, Made) : method == "DELETE" ? new(200) : new(404);
        resource = await scene.DriveAsync(id);
        resource.State.ShouldBe(deletes || status is 408 || body.Contains("Concurrency", StringComparison.Ordinal) ? CloudResourceState.Running : CloudResourceState.Failed);
        // What was deleted is tried under another id.
        if (deletes) { Ids("PUT").Distinct().Count().ShouldBe(2); }
    }

    [Fact]
    public async Task Operation_Failed_IsDeletedUntilItIsGone_AndAfterThreeSomebodyDecides()
    {
        var deletes = 0;
        broker.Answer = (method, what) => what switch
        {
            "PUT instance" => new(202, "{}"),
            "GET instance/last_operation" => new(200, """{"state":"failed"}"""),
            "DELETE instance" => (++deletes % 4) switch { 1 => new(500), 2 => new(0), 3 => new(400), _ => new(200) },
            _ => new(404),
        };
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Failed, "broker-failed"));
        Ids("PUT").Distinct().Count().ShouldBe(3);
        deletes.ShouldBe(12);
        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        deletes.ShouldBe(12);
    }

    [Fact]
    public async Task Binding_ThatMayBeLeft_IsUnbound_AndTheInstanceStays()
    {
        broker.Answer = (method, what) => what switch { "PUT instance" => new(201, Made), "PUT binding" => new(500), _ => new(200) };
        var id = await GrantAsync();
        await scene.DriveAsync(id);
        await BindAsync(id);
        await scene.DriveAsync(id, most: 12);
        broker.Asked.Where(a => a.StartsWith("DELETE", StringComparison.Ordinal)).ShouldAllBe(a => a.Contains("/service_bindings/"));
        broker.Count("DELETE").ShouldBe(3);
        (await scene.ReadAsync(id)).State.ShouldBe(CloudResourceState.Running);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(422)]
    [InlineData(0)]
    [InlineData(201)]
    public async Task Update_WhateverIsAnswered_DeletesNothing(int status)
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(201, Made) : method == "PATCH" ? new(status) : new(200);
        var id = await GrantAsync();
        await scene.DriveAsync(id);
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.PlanCode, "b").SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        await scene.DriveAsync(id, most: 4);
        (broker.Count("DELETE"), broker.Count("PATCH")).ShouldBe((0, status is 500 or 0 ? 4 : 1));
        (await scene.ReadAsync(id)).State.ShouldBe(CloudResourceState.Running);
    }

    [Fact]
    public async Task Change_OfAmounts_IsToldOnce_AndNotWhenThePlanBehindIsSetAnew()
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(201, Made) : new(200);
        await ParametersAsync("a", """{"disk":"$instance","what":"$$dollar","list":["$disk",null]}""");
        var id = await GrantAsync();
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        Sent("PUT").GetProperty("parameters").GetRawText().ShouldBe("""{"disk":1,"what":"$dollar","list":[0,null]}""");

        await ParametersAsync("a", """{"other":"$instance"}""");
        await scene.WishAsync(id, ResourceWish.Running);
        await scene.DriveAsync(id);
        broker.Count("PATCH").ShouldBe(0);

        await AmountsAsync(id, new ResourceAmount("instance", 3));
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        await scene.WishAsync(id, ResourceWish.Running);
        await scene.DriveAsync(id);
        broker.Count("PATCH").ShouldBe(1);
        var sent = Sent("PATCH");
        (sent.GetProperty("plan_id").GetString(), sent.GetProperty("parameters").GetRawText()).ShouldBe(("a", """{"other":3}"""));
    }

    [Fact]
    public async Task Change_Awaited_EndsWithItsOperation_AndARefusedOneStaysRefusedUntilAnotherIsOrdered()
    {
        var (polls, answer) = (0, new Scripted(202, """{"operation":"grow"}"""));
        broker.Answer = (method, what) => what switch
        {
            "PUT instance" => new(201, Made),
            "PATCH instance" => answer,
            "GET instance/last_operation" => ++polls < 3 ? new(200, """{"state":"in progress"}""") : new(200, """{"state":"succeeded"}"""),
            _ => new(200),
        };
        await ParametersAsync("a", """{"size":"$instance"}""");
        var id = await GrantAsync();
        await scene.DriveAsync(id);
        await AmountsAsync(id, new ResourceAmount("instance", 2));
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem, polls, broker.Count("PATCH")).ShouldBe((CloudResourceState.Running, null, 3, 1));

        answer = new(400);
        await AmountsAsync(id, new ResourceAmount("instance", 3));
        resource = await scene.DriveAsync(id, most: 4);
        (resource.State, resource.Problem, broker.Count("PATCH")).ShouldBe((CloudResourceState.Running, "broker-refused-change", 2));

        answer = new(200);
        await AmountsAsync(id, new ResourceAmount("instance", 2));
        resource = await scene.DriveAsync(id);
        (resource.Problem, broker.Count("PATCH"), broker.Count("DELETE")).ShouldBe((null, 3, 0));
    }

    [Fact]
    public async Task Change_OfPlan_ThatTheBrokerDoesNotAllow_IsNotAskedFor()
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(201, Made) : new(200);
        await scene.WithDb(async db =>
        {
            (await db.ServiceBrokers.SingleAsync(b => b.Id == brokerId)).Catalogue = new BrokerCatalogue([new BrokerOffering("o", "o", "o", true, false, true, [Plan("a") with { IsUpdateable = false }, Plan("b")])]);
            return await db.SaveChangesAsync();
        });
        var id = await GrantAsync();
        var resource = await scene.DriveAsync(id);
        (await scene.WithDb(db => BrokeredChange.RefusalAsync(db, resource, "b", resource.Amounts, default))).ShouldNotBeNull();
        (await scene.WithDb(db => BrokeredChange.RefusalAsync(db, resource, "a", [new("instance", 2)], default))).ShouldNotBeNull();
        // Granted before the broker changed its mind.
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.PlanCode, "b").SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        resource = await scene.DriveAsync(id, most: 3);
        (resource.State, resource.Problem, broker.Count("PATCH")).ShouldBe((CloudResourceState.Running, "plan-not-updateable", 0));
    }

    [Fact]
    public async Task Retry_AfterARefusal_AsksUnderAnotherId_AndAnewWhatIsGone()
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(400) : new(200);
        var id = await GrantAsync();
        (await scene.DriveAsync(id)).Problem.ShouldBe("broker-refused");
        broker.Answer = (method, what) => what == "PUT instance" ? new(201, Made) : new(200);
        await RetryAsync(id, anew: false);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        Ids("PUT").Distinct().Count().ShouldBe(2);

        await scene.WithDb(db => db.BrokeredThings.Where(b => b.InstanceOf == id).ExecuteUpdateAsync(s => s.SetProperty(b => b.Problem, "gone")));
        await scene.WishAsync(id, ResourceWish.Running);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Lost);
        await RetryAsync(id, anew: true);
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null));
        Ids("PUT").Distinct().Count().ShouldBe(3);
        broker.Count("DELETE").ShouldBe(0);
    }

    [Fact]
    public async Task Adopted_IsUsedAndNeverDeleted()
    {
        broker.Answer = (method, what) => what == "PUT instance" ? new(409) : new(500);
        var id = await GrantAsync();
        (await scene.DriveAsync(id)).Problem.ShouldBe("broker-conflict");
        await scene.WithDb(async db =>
        {
            var instance = await db.BrokeredThings.SingleAsync(b => b.InstanceOf == id);
            (instance.IsAdopted, instance.RemoteId, instance.Phase, instance.Problem) = (true, "old one", BrokeredPhase.There, null);
            return await db.SaveChangesAsync();
        });
        await scene.WishAsync(id, ResourceWish.Running);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        broker.Count("DELETE").ShouldBe(0);
    }

    /// <summary>The program dies with each call on its way: before the broker has it, and behind its answer.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_WhileACallIsOut_AsksTheSameAgain(bool isMaking)
    {
        var phase = isMaking ? BrokeredPhase.Making : BrokeredPhase.Ending;
        broker.Answer = (method, what) => what == "PUT instance" ? new(200, Made) : new(200);
        var id = await GrantAsync();
        await scene.DriveAsync(id);
        if (phase == BrokeredPhase.Ending) { await scene.WishAsync(id, ResourceWish.Removed); }
        // What the call before the kill left written.
        await scene.WithDb(db => db.BrokeredThings.Where(b => b.InstanceOf == id).ExecuteUpdateAsync(s => s.SetProperty(b => b.Phase, phase)));
        if (phase == BrokeredPhase.Making) { await scene.WishAsync(id, ResourceWish.Running); }
        var resource = await scene.DriveAsync(id);
        resource.State.ShouldBe(phase == BrokeredPhase.Making ? CloudResourceState.Running : CloudResourceState.Removed);
        Ids("PUT").Distinct().Count().ShouldBe(1);
        broker.Count("DELETE").ShouldBe(phase == BrokeredPhase.Making ? 0 : 1);
    }

    [Fact]
    public void Catalogue_Wrong_NamesEveryFault()
    {
        var body = JsonSerializer.Deserialize<JsonElement>("""{"services":[{"id":"a","name":"a","description":"a","bindable":true,"plans":[{"id":"a","name":"p","description":"d"},{"id":"p2","name":"p","description":"d"}]},{"id":"b","name":"a","description":"b","plans":[]},3]}""");
        var (catalogue, faults) = CatalogueReading.Read(body);
        catalogue.ShouldBeNull();
        faults.Count.ShouldBe(5);
    }

    private static BrokerPlan Plan(string id) => new(id, id, id, true, true, true, null, null);

    private List<string> Ids(string method) => [.. broker.Asked.Where(a => a.StartsWith(method, StringComparison.Ordinal)).Select(a => a.Split('/', '?')[3])];

    private JsonElement Sent(string method) => JsonSerializer.Deserialize<JsonElement>(broker.Bodies.Last(b => b.Method == method).Body);

    private Task<int> ParametersAsync(string plan, string parameters) => scene.WithDb(db =>
        db.BrokeredPlans.Where(p => p.ServiceCode == service && p.PlanCode == plan).ExecuteUpdateAsync(s => s.SetProperty(p => p.Parameters, parameters)));

    private Task<int> AmountsAsync(Guid id, params ResourceAmount[] amounts) => scene.WithDb(async db =>
    {
        var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
        (resource.Amounts, resource.NextAt) = (Amounts.Of(amounts), DateTimeOffset.UnixEpoch);
        return await db.SaveChangesAsync();
    });

    /// <summary>As the department's retry does it.</summary>
    private Task<int> RetryAsync(Guid id, bool anew) => scene.WithDb(async db =>
    {
        var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
        if (anew) { resource.DeliveredAt = null; }
        (resource.State, resource.Problem, resource.NextAt) = (CloudResourceState.Changing, null, DateTimeOffset.UnixEpoch);
        await BrokeredChange.RetryAsync(db, resource, anew, TimeProvider.System.GetUtcNow(), default);
        return await db.SaveChangesAsync();
    });

    private Task<Guid> GrantAsync() => scene.GrantAsync(ResourceForm.Brokered, service, "a", new ResourceAmount("instance", 1));

    private async Task<Guid> BindAsync(Guid id) => await scene.WithDb(async db =>
    {
        var binding = new Brokered { Id = DeliveryScene.Id(), ResourceId = id, BrokerId = brokerId, RemoteId = $"{DeliveryScene.Id()}", OfferingId = "o", PlanId = "a", CreatedAt = TimeProvider.System.GetUtcNow() };
        db.BrokeredThings.Add(binding);
        await db.SaveChangesAsync();
        await db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch));
        return binding.Id;
    });
}
