using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Osb;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Osb;

/// <summary>The platform as a broker: over HTTP, and with our own client of brokers in a second platform.</summary>
[OnDatabase]
public sealed class OsbTests(PlatformFixture platform, DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Requests_WithoutAccountOrVersion_AreRefused_AndRevokedOnesToo()
    {
        var world = await World.MakeAsync(platform);
        (await world.Send(HttpMethod.Get, "catalog", account: "")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var refused = await world.Send(HttpMethod.Get, "catalog", account: $"{world.Account.Split(':')[0]}:wrong");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.ShouldNotBeEmpty();
        (await world.Send(HttpMethod.Get, "catalog", account: $"c{Guid.Empty:N}:wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await world.Send(HttpMethod.Get, "catalog", version: null)).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await world.Send(HttpMethod.Get, "catalog", version: "3.0")).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        var answer = await world.Send(HttpMethod.Get, "catalog");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("X-Broker-API-Request-Identity").ShouldBe(["one"]);

        (await world.Operator.PostAsJsonAsync($"/api/v1/cloud/osb-consumers/{world.Consumer}/revocation", new { reason = "停用" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.Send(HttpMethod.Get, "catalog")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == world.Consumer.ToString()).Select(l => l.Event).ToListAsync())).ShouldBe(["cloud.osb-consumer-registered", "cloud.osb-consumer-revoked"], ignoreOrder: true);
    }

    /// <summary>As a browser without script goes it.</summary>
    [Fact]
    public async Task ConsumersPage_ShowsThePasswordOnce_AndRevokes()
    {
        var world = await World.MakeAsync(platform);
        const string Address = "/work/cloud/osb-consumers";
        const string Hostile = "<script>alert(1)</script>";
        var system = await platform.WithDb(db => db.BusinessSystems.Where(s => s.OrganisationId == world.Department.Id).Select(s => s.Id).SingleAsync());
        var wrong = await world.Operator.Submit(Address, "register", ("name", Hostile), ("systemId", ""), ("days", "many"), ("reason", ""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await wrong.Content.ReadAsStringAsync();
        text.ShouldNotContain(Hostile);
        foreach (var field in new[] { "systemId", "days", "reason" }) { text.ShouldContain($"f-{field}-fault"); }
        var name = $"{Hostile} {CloudWorld.NewId()}";
        (string, string)[] fields = [("name", name), ("systemId", $"{system}"), ("days", "30"), ("reason", "市平台接入")];
        var made = await world.Operator.Submit(Address, "register", fields);
        made.StatusCode.ShouldBe(HttpStatusCode.OK);
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var shown = await made.Content.ReadAsStringAsync();
        shown.ShouldNotContain(Hostile);
        var consumer = await platform.WithDb(db => db.OsbConsumers.AsNoTracking().SingleAsync(c => c.Name == name));
        shown.ShouldContain(consumer.Account);
        var password = System.Text.RegularExpressions.Regex.Matches(shown, "<code>([A-Za-z0-9_-]{43})</code>").Single().Groups[1].Value;
        (await world.Send(HttpMethod.Get, "catalog", account: $"{consumer.Account}:{password}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Operator.GetPage($"{Address}?size=100")).ShouldNotContain(password);
        (await world.Operator.Submit(Address, "register", fields)).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        (await world.Operator.Submit(Address, "revoke", ("consumer", $"{consumer.Id}"), ("ground", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.Operator.Submit(Address, "revoke", ("consumer", $"{consumer.Id}"), ("ground", "停用"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await world.Send(HttpMethod.Get, "catalog", account: $"{consumer.Account}:{password}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await platform.SignedIn(world.Department, Role.DepartmentOfficer)).GetAsync(Address)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == consumer.Id.ToString()).Select(l => l.Data).ToListAsync())).ShouldAllBe(d => !d.Contains(password));
    }

    [Fact]
    public async Task Catalogue_IsReadWithoutFaultByOurOwnClient()
    {
        var world = await World.MakeAsync(platform);
        var (catalogue, faults) = CatalogueReading.Read(await world.Json(HttpMethod.Get, "catalog", HttpStatusCode.OK));
        faults.ShouldBeEmpty();
        var offering = catalogue!.Offerings.Single(o => o.Id == world.Code);
        (offering.IsBindable, offering.InstancesRetrievable, offering.BindingsRetrievable).ShouldBe((true, true, true));
        offering.Plans.Single().Id.ShouldBe($"{world.Code}~small");
    }

    [Fact]
    public async Task Provision_Wrong_ChangesNothing()
    {
        var world = await World.MakeAsync(platform);
        (await world.Json(HttpMethod.Put, "service_instances/a", HttpStatusCode.UnprocessableEntity, world.Body())).GetProperty("error").GetString().ShouldBe("AsyncRequired");
        foreach (var body in new object[]
        {
            new { service_id = world.Code }, world.Body(plan: $"{world.Code}~none"), world.Body(parameters: new { size = 1 }), world.Body(parameters: new { amounts = new { disk = 11 } }), world.Body(parameters: new { amounts = new { disk = 1.5 } }),
            world.Body(parameters: new { name = "'; DROP" }), world.Body(parameters: new { until = "2020-01-01" }), Array.Empty<int>(), "{",
        })
        {
            (await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.BadRequest, body)).GetProperty("description").GetString().ShouldNotBeNullOrEmpty();
        }

        await world.Json(HttpMethod.Put, $"service_instances/{new string('a', 201)}?accepts_incomplete=true", HttpStatusCode.BadRequest, world.Body());
        (await platform.WithDb(db => db.CloudOrders.CountAsync(o => o.OrganisationId == world.Department.Id))).ShouldBe(0);
        (await platform.WithDb(db => db.OsbInstances.CountAsync(i => i.ConsumerId == world.Consumer))).ShouldBe(0);
        await world.Json(HttpMethod.Delete, $"service_instances/a?{world.Ids}&accepts_incomplete=true", HttpStatusCode.Gone);
        await world.Json(HttpMethod.Delete, "service_instances/a?accepts_incomplete=true", HttpStatusCode.BadRequest);
        await world.Json(HttpMethod.Get, "service_instances/a/last_operation", HttpStatusCode.NotFound);
        await world.Json(HttpMethod.Get, "service_instances/a", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Provision_Repeated_IsOneOrder_AndWithdrawnWithItsDeletion()
    {
        var world = await World.MakeAsync(platform);
        var body = world.Body(parameters: new { amounts = new { disk = 3 }, name = "data" });
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => world.Send(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", body)));
        answers.Select(a => a.StatusCode).Distinct().ShouldBe([HttpStatusCode.Accepted]);
        (await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()))).Distinct().Count().ShouldBe(1);
        var order = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id));
        order.State.ShouldBe(OrderState.Submitted);
        order.Items.Single().Amounts.ShouldBe([new ResourceAmount("database", 1), new ResourceAmount("disk", 3)]);
        order.ConsumerSeal.ShouldNotBeNull();
        (await world.Json(HttpMethod.Get, "service_instances/a/last_operation?operation=provision", HttpStatusCode.OK)).GetProperty("state").GetString().ShouldBe("in progress");
        await world.Json(HttpMethod.Get, "service_instances/a", HttpStatusCode.NotFound);
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Conflict, world.Body());
        (await world.Json(HttpMethod.Put, "service_instances/a/service_bindings/b", HttpStatusCode.UnprocessableEntity, world.Body())).GetProperty("error").GetString().ShouldBe("ConcurrencyError");

        // Another consumer's ids are its own.
        var other = await World.MakeAsync(platform);
        await other.Json(HttpMethod.Get, "service_instances/a/last_operation", HttpStatusCode.NotFound);

        await world.Json(HttpMethod.Delete, $"service_instances/a?service_id={world.Code}&plan_id=other&accepts_incomplete=true", HttpStatusCode.BadRequest);
        await world.Json(HttpMethod.Delete, $"service_instances/a?{world.Ids}&accepts_incomplete=true", HttpStatusCode.OK);
        (await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == order.Id))).State.ShouldBe(OrderState.Withdrawn);
        await world.Json(HttpMethod.Delete, $"service_instances/a?{world.Ids}&accepts_incomplete=true", HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Provision_BrokenOffBeforeItsSubmission_GoesOnWithTheSameOrder()
    {
        var world = await World.MakeAsync(platform);
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, world.Body());
        // As the program's end between the two would leave it.
        await platform.WithDb(db => db.CloudOrders.Where(o => o.OrganisationId == world.Department.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.State, OrderState.Draft)));
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, world.Body());
        (await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id))).State.ShouldBe(OrderState.Submitted);
    }

    [Fact]
    public async Task Order_Refused_IsAFailedOperation_ThatItsDeletionEnds()
    {
        var world = await World.MakeAsync(platform);
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, world.Body());
        var order = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{order.Id}/refusal", new { code = "budget", reason = "没有预算", revision = order.Revision }));
        var operation = await world.Json(HttpMethod.Get, "service_instances/a/last_operation?operation=provision", HttpStatusCode.OK);
        operation.GetProperty("state").GetString().ShouldBe("failed");
        operation.GetProperty("description").GetString()!.ShouldContain("没有预算");
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Conflict, world.Body());
        await world.Json(HttpMethod.Delete, $"service_instances/a?{world.Ids}&accepts_incomplete=true", HttpStatusCode.OK);
        // Its id may be used again.
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, world.Body());
    }

    [Theory]
    [InlineData("instance")]
    [InlineData("site")]
    public async Task Bindings_OfWhatHasAnAddress_TellIt_AndChangesOfPlanAreRefused(string form)
    {
        var world = await World.MakeAsync(platform, form);
        var offered = (await world.Json(HttpMethod.Get, "catalog", HttpStatusCode.OK)).GetProperty("services").EnumerateArray().Single(s => s.GetProperty("id").GetString() == world.Code);
        (offered.GetProperty("bindable").GetBoolean(), offered.GetProperty("bindings_retrievable").GetBoolean(), offered.GetProperty("plan_updateable").GetBoolean()).ShouldBe((true, true, false));
        await world.Json(HttpMethod.Put, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, world.Body());
        var order = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{order.Id}/grant", new { revision = order.Revision }));
        // No pool has room at its level: it is made here by hand.
        await platform.WithDb(db => db.CloudResources.Where(r => r.OrderId == order.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.DeliveredAt, TimeProvider.System.GetUtcNow()).SetProperty(r => r.State, CloudResourceState.Running)
            .SetProperty(r => r.NextAt, (DateTimeOffset?)null).SetProperty(r => r.Problem, (string?)null).SetProperty(r => r.Address, "10.128.0.7")));
        var body = new { service_id = world.Code, plan_id = $"{world.Code}~small" };
        var told = (await world.Json(HttpMethod.Put, "service_instances/a/service_bindings/b", HttpStatusCode.Created, body)).GetProperty("credentials");
        if (form == "instance") { told.GetProperty("host").GetString().ShouldBe("10.128.0.7"); }
        else { told.GetProperty("uri").GetString()!.ShouldStartWith($"{platform.Address}sites/"); }
        (await world.Json(HttpMethod.Get, "service_instances/a/service_bindings/b", HttpStatusCode.OK)).GetProperty("credentials").GetRawText().ShouldBe(told.GetRawText());
        await world.Json(HttpMethod.Put, "service_instances/a/service_bindings/b", HttpStatusCode.OK, body);
        await world.Json(HttpMethod.Put, "service_instances/a/service_bindings/b", HttpStatusCode.Conflict, new { body.service_id, body.plan_id, app_guid = "x" });
        await world.Json(HttpMethod.Delete, $"service_instances/a/service_bindings/b?{world.Ids}", HttpStatusCode.OK);
        await world.Json(HttpMethod.Delete, $"service_instances/a/service_bindings/b?{world.Ids}", HttpStatusCode.Gone);
        await world.Json(HttpMethod.Get, "service_instances/a/service_bindings/b", HttpStatusCode.NotFound);

        await world.Json(HttpMethod.Patch, "service_instances/a?accepts_incomplete=true", HttpStatusCode.UnprocessableEntity, new { service_id = world.Code, plan_id = $"{world.Code}~other" });
        await world.Json(HttpMethod.Patch, "service_instances/a", HttpStatusCode.OK, new { service_id = world.Code, plan_id = $"{world.Code}~small" });
        // A change that was granted and could not be carried out has failed.
        var update = await world.Json(HttpMethod.Patch, "service_instances/a?accepts_incomplete=true", HttpStatusCode.Accepted, new { service_id = world.Code, parameters = new { amounts = new { disk = 4 } } });
        var change = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id && o.ResourceId != null));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{change.Id}/grant", new { revision = change.Revision }));
        await platform.WithDb(db => db.CloudResources.Where(r => r.OrderId == order.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, CloudResourceState.Failed).SetProperty(r => r.NextAt, (DateTimeOffset?)null).SetProperty(r => r.Problem, "disk-shrinks")));
        (await world.Json(HttpMethod.Get, $"service_instances/a/last_operation?operation={update.GetProperty("operation").GetString()}", HttpStatusCode.OK)).GetProperty("state").GetString().ShouldBe("failed");
    }

    /// <summary>Our own client in a second platform orders a database from this one, binds it, uses it, and gives it back.</summary>
    [Fact]
    public async Task OurClient_AndOurBroker_DeliverADatabaseAndTakeItBack()
    {
        Assert.SkipWhen(DepartmentTable.PostgresServer is null, "Needs a PostgreSQL server: ZHENGTONG_POSTGRES is not set");
        var world = await World.MakeAsync(platform);
        await world.ServeDatabasesAsync();
        scene.App.Services.GetRequiredService<IOptions<BrokersOptions>>().Value.CallSeconds = 60;
        scene.App.Services.GetRequiredService<IOptions<BrokersOptions>>().Value.AnswerBytes = 1 << 20;
        var (catalogue, _) = CatalogueReading.Read(await world.Json(HttpMethod.Get, "catalog", HttpStatusCode.OK));
        var (vault, broker) = (scene.App.Services.GetRequiredService<Vault>(), DeliveryScene.Id());
        var (account, password) = (world.Account.Split(':')[0], world.Account.Split(':')[1]);
        await scene.WithDb(db =>
        {
            db.ServiceBrokers.Add(new ServiceBroker
            {
                Id = broker, Name = $"broker {broker}", Address = new Uri(platform.Address, OsbRequests.Root).ToString(), Credentials = RegisterBroker.SealOf(vault, broker, account, password), Catalogue = catalogue,
                CreatedAt = TimeProvider.System.GetUtcNow(),
            });
            db.BrokeredPlans.Add(new BrokeredPlan { ServiceCode = world.Code, PlanCode = "ours", BrokerId = broker, OfferingId = world.Code, PlanId = $"{world.Code}~small", Parameters = """{"amounts":{"disk":2}}""" });
            return db.SaveChangesAsync();
        });

        // Ordered there, it waits for the decision here.
        var id = await scene.GrantAsync(ResourceForm.Brokered, world.Code, "ours", new ResourceAmount("instance", 1));
        (await scene.DriveAsync(id, most: 3)).State.ShouldBe(CloudResourceState.Changing);
        var order = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.OrganisationId == world.Department.Id));
        (await world.Held()).ShouldBe((0L, 0L));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{order.Id}/grant", new { revision = order.Revision }));
        var made = await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.OrderId == order.Id));
        await UntilAsync(async () => (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == made.Id))).State == CloudResourceState.Running);
        (await world.Held()).ShouldBe((0L, 2L));
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Active);

        // A binding is a login of its own.
        var instance = await scene.WithDb(db => db.BrokeredThings.AsNoTracking().SingleAsync(b => b.InstanceOf == id));
        var binding = new Brokered { Id = DeliveryScene.Id(), ResourceId = id, BrokerId = broker, RemoteId = $"{DeliveryScene.Id()}", OfferingId = instance.OfferingId, PlanId = instance.PlanId, CreatedAt = TimeProvider.System.GetUtcNow() };
        await scene.WithDb(db =>
        {
            db.BrokeredThings.Add(binding);
            return db.SaveChangesAsync();
        });
        await scene.WishAsync(id, ResourceWish.Running);
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        var kept = await scene.WithDb(db => db.BrokeredThings.AsNoTracking().SingleAsync(b => b.Id == binding.Id));
        var told = JsonSerializer.Deserialize<JsonElement>(vault.Open(kept.Credentials!, Brokered.PurposeOf(binding.Id)));
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = told.GetProperty("host").GetString(), Port = told.GetProperty("port").GetInt32(), Database = told.GetProperty("database").GetString(), Username = told.GetProperty("username").GetString(),
            Password = told.GetProperty("password").GetString(), Pooling = false,
        }.ConnectionString;
        await RunAsync(connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
        var again = await world.Json(HttpMethod.Get, $"service_instances/{instance.RemoteId}/service_bindings/{binding.RemoteId}", HttpStatusCode.OK);
        again.GetProperty("credentials").GetProperty("password").GetString().ShouldBe(told.GetProperty("password").GetString());
        await world.Json(HttpMethod.Put, $"service_instances/{instance.RemoteId}/service_bindings/{binding.RemoteId}", HttpStatusCode.OK, new { service_id = world.Code, plan_id = $"{world.Code}~small" });
        await world.Json(HttpMethod.Put, $"service_instances/{instance.RemoteId}/service_bindings/{binding.RemoteId}", HttpStatusCode.Conflict, new { service_id = world.Code, plan_id = $"{world.Code}~small", app_guid = "x" });

        // A change is an order of its own.
        var update = await world.Json(HttpMethod.Patch, $"service_instances/{instance.RemoteId}?accepts_incomplete=true", HttpStatusCode.Accepted, new { service_id = world.Code, parameters = new { amounts = new { disk = 5 } } });
        (await world.Json(HttpMethod.Patch, $"service_instances/{instance.RemoteId}?accepts_incomplete=true", HttpStatusCode.UnprocessableEntity, new { service_id = world.Code, parameters = new { amounts = new { disk = 6 } } }))
            .GetProperty("error").GetString().ShouldBe("ConcurrencyError");
        var change = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.ResourceId == made.Id));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{change.Id}/grant", new { revision = change.Revision }));
        await UntilAsync(async () => (await world.Json(HttpMethod.Get, $"service_instances/{instance.RemoteId}/last_operation?operation={update.GetProperty("operation").GetString()}", HttpStatusCode.OK)).GetProperty("state").GetString() == "succeeded");
        (await world.Held()).ShouldBe((0L, 5L));
        (await world.Json(HttpMethod.Get, $"service_instances/{instance.RemoteId}", HttpStatusCode.OK)).GetProperty("parameters").GetProperty("amounts").GetProperty("disk").GetInt64().ShouldBe(5);

        // Given back there, it goes here, and what both held is free again.
        await scene.WishAsync(id, ResourceWish.Removed);
        await scene.DriveAsync(id, most: 3);
        await UntilAsync(async () => (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == made.Id))).State == CloudResourceState.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
        (await world.Held()).ShouldBe((0L, 0L));
        await using var server = new NpgsqlConnection(DepartmentTable.PostgresServer);
        await server.OpenAsync();
        await using var left = new NpgsqlCommand("SELECT (SELECT count(*) FROM pg_database WHERE datname = $1) + (SELECT count(*) FROM pg_roles WHERE rolname IN ($1, $2))", server);
        left.Parameters.Add(new NpgsqlParameter<string> { TypedValue = made.EngineName });
        left.Parameters.Add(new NpgsqlParameter<string> { TypedValue = told.GetProperty("username").GetString() });
        (await left.ExecuteScalarAsync()).ShouldBe(0L);
    }

    private static async Task RunAsync(string connection, string sql)
    {
        await using var session = new NpgsqlConnection(connection);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A department with a quota and a system, a published service of databases, and a consuming platform that orders in the department's name.</summary>
    private sealed record World(PlatformFixture Platform, Organisation Department, HttpClient Operator, HttpClient Authority, string Code, Guid Consumer, string Account, Guid Node)
    {
        internal string Ids => $"service_id={Code}&plan_id={Code}~small";

        internal static async Task<World> MakeAsync(PlatformFixture platform, string form = "database")
        {
            var (department, provider, above) = (await platform.Department(), await platform.Department(), await platform.Department());
            var (officer, operating, authority) = (await platform.SignedIn(department, Role.DepartmentOfficer), await platform.SignedIn(provider, Role.PlatformOperator), await platform.SignedIn(above, Role.Authority));
            var code = $"pg-{CloudWorld.NewId():N}"[..35];
            await OrderWorld.Done(operating.PostAsJsonAsync("/api/v1/cloud-services", new
            {
                code,
                service = new
                {
                    name = "云数据库", category = "supportSoftware", layer = "paaS", summary = "托管的数据库", level = new { availability = 99_900, answerHours = 1, recoveryHours = 4, supportTimes = "7×24" }, form,
                    plans = new object[]
                    {
                        new { code = "small", name = "小型", amounts = new object[] { new { kind = form == "database" ? form : "instance", least = 1, most = 1, step = 1 }, new { kind = "disk", least = 1, most = 10, step = 1 } }, images = form == "instance" ? new[] { "busybox" } : [], meters = Array.Empty<string>() },
                    },
                },
            }));
            await OrderWorld.Done(authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/publication", new { revision = 1 }));
            var system = (await (await OrderWorld.Done(officer.PostAsJsonAsync("/api/v1/cloud/systems", OrderWorld.SystemOf("业务系统", "governmentExtranet", 4)))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
            var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department.Id), RegionCode.Parse("610000"), department.Id, null, TimeProvider.System.GetUtcNow());
            await platform.WithDb(db =>
            {
                db.QuotaNodes.Add(node);
                db.QuotaCounters.AddRange(new[] { "database", "disk", "instance" }.Select(k => new QuotaCounter { NodeId = node.Id, Kind = k, Limit = 10 }));
                return db.SaveChangesAsync();
            });
            var registered = await (await OrderWorld.Done(operating.PostAsJsonAsync("/api/v1/cloud/osb-consumers", new { name = $"platform {code}", organisationId = department.Id, systemId = system, days = 365, reason = "市平台接入" })))
                .Content.ReadFromJsonAsync<JsonElement>();
            return new World(platform, department, operating, authority, code, registered.GetProperty("id").GetGuid(), $"{registered.GetProperty("account").GetString()}:{registered.GetProperty("password").GetString()}", node.Id);
        }

        internal object Body(string? plan = null, object? parameters = null) =>
            new { service_id = Code, plan_id = plan ?? $"{Code}~small", organization_guid = "o", space_guid = "s", context = new { platform = "test", unknown = 1.5 }, parameters, unknown = new[] { 1 } };

        internal async Task<(long Reserved, long Active)> Held() => await Platform.WithDb(async db => await db.QuotaCounters.AsNoTracking().SingleAsync(c => c.NodeId == Node && c.Kind == "disk") is var c ? (c.Reserved, c.Active) : default);

        /// <summary>The test run's own server takes databases of this network and level.</summary>
        internal async Task ServeDatabasesAsync()
        {
            var (at, server) = (new NpgsqlConnectionStringBuilder(DepartmentTable.PostgresServer!), CloudWorld.NewId());
            var vault = Platform.App.Services.GetRequiredService<Vault>();
            await Platform.WithDb(db =>
            {
                db.DatabaseServers.Add(new DatabaseServer
                {
                    Id = server, Name = $"server {server}", Host = at.Host!, Port = at.Port, MostDatabases = 100, Connections = 5, Zone = NetworkZone.GovernmentExtranet, Protection = 4, CreatedAt = TimeProvider.System.GetUtcNow(),
                    Connection = RegisterDatabaseServer.SealOf(vault, server, RegisterDatabaseServer.ConnectionOf(at.Host!, at.Port, at.Username!, at.Password, at.Database ?? "postgres", ServerEncryption.None)),
                });
                return db.SaveChangesAsync();
            });
        }

        internal async Task<HttpResponseMessage> Send(HttpMethod method, string path, object? body = null, string? account = null, string? version = "2.17")
        {
            var request = new HttpRequestMessage(method, $"{OsbRequests.Root}/v2/{path}");
            if (account != "") { request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(account ?? Account))); }
            if (version is not null) { request.Headers.Add("X-Broker-API-Version", version); }
            request.Headers.Add("X-Broker-API-Request-Identity", "one");
            if (body is string text) { request.Content = new StringContent(text, Encoding.UTF8, "application/json"); }
            else if (body is not null) { request.Content = JsonContent.Create(body, body.GetType()); }
            return await Platform.Visitor().SendAsync(request);
        }

        internal async Task<JsonElement> Json(HttpMethod method, string path, HttpStatusCode expected, object? body = null)
        {
            var answer = await Send(method, path, body);
            var text = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(expected, $"{method} {path}: {text}");
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
    }
}
