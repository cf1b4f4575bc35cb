using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Zhengtong.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "kernel");

            migrationBuilder.EnsureSchema(
                name: "agreements");

            migrationBuilder.EnsureSchema(
                name: "exchange");

            migrationBuilder.EnsureSchema(
                name: "demonstration");

            migrationBuilder.EnsureSchema(
                name: "catalogue");

            migrationBuilder.CreateTable(
                name: "administrator_roles",
                schema: "kernel",
                columns: table => new
                {
                    role = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_administrator_roles", x => x.role);
                });

            migrationBuilder.CreateTable(
                name: "applications",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: false),
                    resource_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    resource_revision = table.Column<int>(type: "integer", nullable: false),
                    provider_id = table.Column<Guid>(type: "uuid", nullable: false),
                    applicant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    columns = table.Column<string>(type: "text", nullable: false),
                    rows = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    legal_ground = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    every_seconds = table.Column<int>(type: "integer", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    suite = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    submitted_by = table.Column<Guid>(type: "uuid", nullable: false),
                    submitted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    due_by = table.Column<string>(type: "text", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    refusal_ground = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_applications", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "calendar_days",
                schema: "kernel",
                columns: table => new
                {
                    date = table.Column<DateOnly>(type: "date", nullable: false),
                    is_working_day = table.Column<bool>(type: "boolean", nullable: false),
                    name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    is_ours = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_calendar_days", x => x.date);
                });

            migrationBuilder.CreateTable(
                name: "calendar_years",
                schema: "kernel",
                columns: table => new
                {
                    year = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    source = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_calendar_years", x => x.year);
                });

            migrationBuilder.CreateTable(
                name: "deadline_rules",
                schema: "kernel",
                columns: table => new
                {
                    code = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    in_force_from = table.Column<DateOnly>(type: "date", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    days = table.Column<int>(type: "integer", nullable: false),
                    start_event = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    source = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    is_confirmed = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_deadline_rules", x => new { x.code, x.in_force_from });
                });

            migrationBuilder.CreateTable(
                name: "deliveries",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    agreement_id = table.Column<Guid>(type: "uuid", nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider_id = table.Column<Guid>(type: "uuid", nullable: false),
                    consumer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    phase = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    manifest_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true),
                    position = table.Column<byte[]>(type: "bytea", nullable: true),
                    changes_from = table.Column<byte[]>(type: "bytea", nullable: true),
                    estimated_rows = table.Column<long>(type: "bigint", nullable: true),
                    rows_received = table.Column<long>(type: "bigint", nullable: false),
                    batches_received = table.Column<long>(type: "bigint", nullable: false),
                    bytes_received = table.Column<long>(type: "bigint", nullable: false),
                    last_received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    snapshot_finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    next_run_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    problem = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    problem_detail = table.Column<string>(type: "text", nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_deliveries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "demonstration_marks",
                schema: "demonstration",
                columns: table => new
                {
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_demonstration_marks", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "document_numbers",
                schema: "agreements",
                columns: table => new
                {
                    kind = table.Column<string>(type: "character varying(2)", maxLength: 2, nullable: false),
                    year = table.Column<int>(type: "integer", nullable: false),
                    last = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_document_numbers", x => new { x.kind, x.year });
                });

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                schema: "kernel",
                columns: table => new
                {
                    actor_id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    request = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    response = table.Column<byte[]>(type: "bytea", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_idempotency_keys", x => new { x.actor_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "job_runs",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    job = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    result = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    error = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    process = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "ledger_checkpoints",
                schema: "kernel",
                columns: table => new
                {
                    size = table.Column<long>(type: "bigint", nullable: false),
                    root = table.Column<byte[]>(type: "bytea", nullable: false),
                    note = table.Column<string>(type: "text", nullable: false),
                    signed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_checkpoints", x => x.size);
                });

            migrationBuilder.CreateTable(
                name: "ledger_checks",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    from = table.Column<long>(type: "bigint", nullable: false),
                    to = table.Column<long>(type: "bigint", nullable: false),
                    size = table.Column<long>(type: "bigint", nullable: false),
                    finding_count = table.Column<int>(type: "integer", nullable: false),
                    findings = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_checks", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "ledger_entries",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    @event = table.Column<string>(name: "event", type: "character varying(100)", maxLength: 100, nullable: false),
                    subject = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_id = table.Column<Guid>(type: "uuid", nullable: false),
                    actor_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    actor_organisation = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    data = table.Column<string>(type: "text", nullable: false),
                    index = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_entries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "ledger_keys",
                schema: "kernel",
                columns: table => new
                {
                    generation = table.Column<int>(type: "integer", nullable: false),
                    origin = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    public_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    private_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_keys", x => x.generation);
                });

            migrationBuilder.CreateTable(
                name: "ledger_tiles",
                schema: "kernel",
                columns: table => new
                {
                    place = table.Column<long>(type: "bigint", nullable: false),
                    hashes = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_tiles", x => x.place);
                });

            migrationBuilder.CreateTable(
                name: "oauth_applications",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    application_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    client_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    client_secret = table.Column<string>(type: "text", nullable: true),
                    client_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    concurrency_token = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    consent_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    display_name = table.Column<string>(type: "text", nullable: true),
                    display_names = table.Column<string>(type: "text", nullable: true),
                    json_web_key_set = table.Column<string>(type: "text", nullable: true),
                    permissions = table.Column<string>(type: "text", nullable: true),
                    post_logout_redirect_uris = table.Column<string>(type: "text", nullable: true),
                    properties = table.Column<string>(type: "text", nullable: true),
                    redirect_uris = table.Column<string>(type: "text", nullable: true),
                    requirements = table.Column<string>(type: "text", nullable: true),
                    settings = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_oauth_applications", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "oauth_scopes",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    concurrency_token = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    descriptions = table.Column<string>(type: "text", nullable: true),
                    display_name = table.Column<string>(type: "text", nullable: true),
                    display_names = table.Column<string>(type: "text", nullable: true),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    properties = table.Column<string>(type: "text", nullable: true),
                    resources = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_oauth_scopes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "platform_keys",
                schema: "kernel",
                columns: table => new
                {
                    purpose = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_platform_keys", x => x.purpose);
                });

            migrationBuilder.CreateTable(
                name: "regions",
                schema: "kernel",
                columns: table => new
                {
                    code = table.Column<string>(type: "character varying(12)", maxLength: 12, nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    level = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    parent = table.Column<string>(type: "character varying(12)", maxLength: 12, nullable: true),
                    is_ours = table.Column<bool>(type: "boolean", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_regions", x => x.code);
                });

            migrationBuilder.CreateTable(
                name: "search_entries",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    subject = table.Column<Guid>(type: "uuid", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    body = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_search_entries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "stored_objects",
                schema: "kernel",
                columns: table => new
                {
                    digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    length = table.Column<long>(type: "bigint", nullable: false),
                    touched_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stored_objects", x => x.digest);
                });

            migrationBuilder.CreateTable(
                name: "usage_records",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    meter = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    unit = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    quantity = table.Column<long>(type: "bigint", nullable: false),
                    subject = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    agreement_id = table.Column<Guid>(type: "uuid", nullable: true),
                    is_rolled_up = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_records", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "usage_roll_ups",
                schema: "kernel",
                columns: table => new
                {
                    period = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    meter = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    unit = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    agreement_id = table.Column<Guid>(type: "uuid", nullable: false),
                    quantity = table.Column<long>(type: "bigint", nullable: false),
                    records = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_roll_ups", x => new { x.period, x.starts_at, x.meter, x.organisation_id, x.agreement_id, x.unit });
                });

            migrationBuilder.CreateTable(
                name: "agreements",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    application_id = table.Column<Guid>(type: "uuid", nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider_id = table.Column<Guid>(type: "uuid", nullable: false),
                    consumer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    document = table.Column<string>(type: "text", nullable: false),
                    digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    provider_seal_organisation = table.Column<Guid>(type: "uuid", nullable: true),
                    provider_seal_officer = table.Column<Guid>(type: "uuid", nullable: true),
                    provider_seal_officer_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    provider_seal_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    provider_seal_key_id = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: true),
                    provider_seal_signature = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    consumer_seal_organisation = table.Column<Guid>(type: "uuid", nullable: true),
                    consumer_seal_officer = table.Column<Guid>(type: "uuid", nullable: true),
                    consumer_seal_officer_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    consumer_seal_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    consumer_seal_key_id = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: true),
                    consumer_seal_signature = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    suspended_by = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agreements", x => x.id);
                    table.ForeignKey(
                        name: "fk_agreements_applications_application_id",
                        column: x => x.application_id,
                        principalSchema: "agreements",
                        principalTable: "applications",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "batches",
                schema: "exchange",
                columns: table => new
                {
                    delivery_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    phase = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    rows = table.Column<int>(type: "integer", nullable: false),
                    manifest = table.Column<string>(type: "text", nullable: false),
                    manifest_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    signature = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    ciphertext_digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    sealed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    counter_receipt = table.Column<string>(type: "text", nullable: true),
                    counter_signature = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_batches", x => new { x.delivery_id, x.sequence });
                    table.ForeignKey(
                        name: "fk_batches_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "oauth_authorizations",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    application_id = table.Column<Guid>(type: "uuid", nullable: true),
                    concurrency_token = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    creation_date = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    properties = table.Column<string>(type: "text", nullable: true),
                    scopes = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    subject = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true),
                    type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_oauth_authorizations", x => x.id);
                    table.ForeignKey(
                        name: "fk_oauth_authorizations_oauth_applications_application_id",
                        column: x => x.application_id,
                        principalSchema: "kernel",
                        principalTable: "oauth_applications",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "organisations",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    credit_code = table.Column<string>(type: "character varying(18)", maxLength: 18, nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    short_name = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    region = table.Column<string>(type: "character varying(12)", maxLength: 12, nullable: false),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    parent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_organisations", x => x.id);
                    table.ForeignKey(
                        name: "fk_organisations_regions_region",
                        column: x => x.region,
                        principalSchema: "kernel",
                        principalTable: "regions",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "object_references",
                schema: "kernel",
                columns: table => new
                {
                    digest = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    owner = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_object_references", x => new { x.digest, x.owner });
                    table.ForeignKey(
                        name: "fk_object_references_stored_objects_digest",
                        column: x => x.digest,
                        principalSchema: "kernel",
                        principalTable: "stored_objects",
                        principalColumn: "digest",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "oauth_tokens",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    application_id = table.Column<Guid>(type: "uuid", nullable: true),
                    authorization_id = table.Column<Guid>(type: "uuid", nullable: true),
                    concurrency_token = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    creation_date = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    expiration_date = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    payload = table.Column<string>(type: "text", nullable: true),
                    properties = table.Column<string>(type: "text", nullable: true),
                    redemption_date = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    reference_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    status = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    subject = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true),
                    type = table.Column<string>(type: "character varying(150)", maxLength: 150, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_oauth_tokens", x => x.id);
                    table.ForeignKey(
                        name: "fk_oauth_tokens_oauth_applications_application_id",
                        column: x => x.application_id,
                        principalSchema: "kernel",
                        principalTable: "oauth_applications",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_oauth_tokens_oauth_authorizations_authorization_id",
                        column: x => x.authorization_id,
                        principalSchema: "kernel",
                        principalTable: "oauth_authorizations",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "api_clients",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    granted = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    secret_generation = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_clients", x => x.id);
                    table.ForeignKey(
                        name: "fk_api_clients_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "data_sources",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    connection = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_sources", x => x.id);
                    table.ForeignKey(
                        name: "fk_data_sources_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "information_resources",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    @abstract = table.Column<string>(name: "abstract", type: "character varying(1000)", maxLength: 1000, nullable: false),
                    provider_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sharing_type = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    sharing_condition = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    update_cycle = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_information_resources", x => x.id);
                    table.ForeignKey(
                        name: "fk_information_resources_organisations_provider_id",
                        column: x => x.provider_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "officers",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    display_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    locked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    code_secret = table.Column<byte[]>(type: "bytea", maxLength: 100, nullable: true),
                    last_code_step = table.Column<long>(type: "bigint", nullable: false),
                    user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    password_hash = table.Column<string>(type: "text", nullable: true),
                    security_stamp = table.Column<string>(type: "text", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "text", nullable: true),
                    phone_number = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    lockout_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    access_failed_count = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officers", x => x.id);
                    table.ForeignKey(
                        name: "fk_officers_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "organisation_keys",
                schema: "kernel",
                columns: table => new
                {
                    key_id = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    suite = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    use = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    generation = table.Column<int>(type: "integer", nullable: false),
                    public_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    private_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_organisation_keys", x => x.key_id);
                    table.ForeignKey(
                        name: "fk_organisation_keys_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "intakes",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    agreement_id = table.Column<Guid>(type: "uuid", nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    data_source_id = table.Column<Guid>(type: "uuid", nullable: false),
                    schema = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    table = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    set_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_intakes", x => x.id);
                    table.ForeignKey(
                        name: "fk_intakes_data_sources_data_source_id",
                        column: x => x.data_source_id,
                        principalSchema: "exchange",
                        principalTable: "data_sources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "mounts",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: false),
                    organisation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    data_source_id = table.Column<Guid>(type: "uuid", nullable: false),
                    schema = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    table = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    watermark_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    set_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mounts", x => x.id);
                    table.ForeignKey(
                        name: "fk_mounts_data_sources_data_source_id",
                        column: x => x.data_source_id,
                        principalSchema: "exchange",
                        principalTable: "data_sources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "information_items",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                    type = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    length = table.Column<int>(type: "integer", nullable: true),
                    is_key = table.Column<bool>(type: "boolean", nullable: false),
                    sharing_type = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_information_items", x => x.id);
                    table.ForeignKey(
                        name: "fk_information_items_information_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "catalogue",
                        principalTable: "information_resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_claims",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    claim_type = table.Column<string>(type: "text", nullable: true),
                    claim_value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officer_claims", x => x.id);
                    table.ForeignKey(
                        name: "fk_officer_claims_officers_user_id",
                        column: x => x.user_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_logins",
                schema: "kernel",
                columns: table => new
                {
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    provider_key = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    provider_display_name = table.Column<string>(type: "text", nullable: true),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officer_logins", x => new { x.login_provider, x.provider_key });
                    table.ForeignKey(
                        name: "fk_officer_logins_officers_user_id",
                        column: x => x.user_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_passkeys",
                schema: "kernel",
                columns: table => new
                {
                    credential_id = table.Column<byte[]>(type: "bytea", maxLength: 1024, nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    data = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officer_passkeys", x => x.credential_id);
                    table.ForeignKey(
                        name: "fk_officer_passkeys_officers_user_id",
                        column: x => x.user_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_recovery_codes",
                schema: "kernel",
                columns: table => new
                {
                    officer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officer_recovery_codes", x => new { x.officer_id, x.hash });
                    table.ForeignKey(
                        name: "fk_officer_recovery_codes_officers_officer_id",
                        column: x => x.officer_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_tokens",
                schema: "kernel",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_officer_tokens", x => new { x.user_id, x.login_provider, x.name });
                    table.ForeignKey(
                        name: "fk_officer_tokens_officers_user_id",
                        column: x => x.user_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "posts",
                schema: "kernel",
                columns: table => new
                {
                    officer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    granted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    granted_by = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_posts", x => new { x.officer_id, x.role });
                    table.ForeignKey(
                        name: "fk_posts_officers_officer_id",
                        column: x => x.officer_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_agreements_application_id",
                schema: "agreements",
                table: "agreements",
                column: "application_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_agreements_consumer_id",
                schema: "agreements",
                table: "agreements",
                column: "consumer_id");

            migrationBuilder.CreateIndex(
                name: "ix_agreements_number",
                schema: "agreements",
                table: "agreements",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_agreements_provider_id",
                schema: "agreements",
                table: "agreements",
                column: "provider_id");

            migrationBuilder.CreateIndex(
                name: "ix_agreements_state_until",
                schema: "agreements",
                table: "agreements",
                columns: new[] { "state", "until" });

            migrationBuilder.CreateIndex(
                name: "ix_api_clients_organisation_id_name",
                schema: "kernel",
                table: "api_clients",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_applications_applicant_id_state",
                schema: "agreements",
                table: "applications",
                columns: new[] { "applicant_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_applications_number",
                schema: "agreements",
                table: "applications",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_applications_provider_id_state",
                schema: "agreements",
                table: "applications",
                columns: new[] { "provider_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_applications_resource_id_applicant_id",
                schema: "agreements",
                table: "applications",
                columns: new[] { "resource_id", "applicant_id" },
                unique: true,
                filter: "state = 'Submitted'");

            migrationBuilder.CreateIndex(
                name: "ix_batches_delivery_id_received_at",
                schema: "exchange",
                table: "batches",
                columns: new[] { "delivery_id", "received_at" });

            migrationBuilder.CreateIndex(
                name: "ix_data_sources_organisation_id_name",
                schema: "exchange",
                table: "data_sources",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_agreement_id",
                schema: "exchange",
                table: "deliveries",
                column: "agreement_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_consumer_id",
                schema: "exchange",
                table: "deliveries",
                column: "consumer_id");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_provider_id",
                schema: "exchange",
                table: "deliveries",
                column: "provider_id");

            migrationBuilder.CreateIndex(
                name: "ix_deliveries_resource_id",
                schema: "exchange",
                table: "deliveries",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_at",
                schema: "kernel",
                table: "idempotency_keys",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_information_items_resource_id",
                schema: "catalogue",
                table: "information_items",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_information_resources_code",
                schema: "catalogue",
                table: "information_resources",
                column: "code",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_information_resources_provider_id_name",
                schema: "catalogue",
                table: "information_resources",
                columns: new[] { "provider_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_information_resources_state_published_at",
                schema: "catalogue",
                table: "information_resources",
                columns: new[] { "state", "published_at" });

            migrationBuilder.CreateIndex(
                name: "ix_intakes_agreement_id",
                schema: "exchange",
                table: "intakes",
                column: "agreement_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_intakes_data_source_id",
                schema: "exchange",
                table: "intakes",
                column: "data_source_id");

            migrationBuilder.CreateIndex(
                name: "ix_intakes_organisation_id",
                schema: "exchange",
                table: "intakes",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_job_runs_job_started_at",
                schema: "kernel",
                table: "job_runs",
                columns: new[] { "job", "started_at" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_checks_started_at",
                schema: "kernel",
                table: "ledger_checks",
                column: "started_at");

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_actor_organisation_id",
                schema: "kernel",
                table: "ledger_entries",
                columns: new[] { "actor_organisation", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_event_id",
                schema: "kernel",
                table: "ledger_entries",
                columns: new[] { "event", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_id",
                schema: "kernel",
                table: "ledger_entries",
                column: "id",
                filter: "\"index\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_index",
                schema: "kernel",
                table: "ledger_entries",
                column: "index",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entries_subject_at",
                schema: "kernel",
                table: "ledger_entries",
                columns: new[] { "subject", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_mounts_data_source_id",
                schema: "exchange",
                table: "mounts",
                column: "data_source_id");

            migrationBuilder.CreateIndex(
                name: "ix_mounts_organisation_id",
                schema: "exchange",
                table: "mounts",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_mounts_resource_id",
                schema: "exchange",
                table: "mounts",
                column: "resource_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_oauth_applications_client_id",
                schema: "kernel",
                table: "oauth_applications",
                column: "client_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_oauth_authorizations_application_id_status_subject_type",
                schema: "kernel",
                table: "oauth_authorizations",
                columns: new[] { "application_id", "status", "subject", "type" });

            migrationBuilder.CreateIndex(
                name: "ix_oauth_scopes_name",
                schema: "kernel",
                table: "oauth_scopes",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_oauth_tokens_application_id_status_subject_type",
                schema: "kernel",
                table: "oauth_tokens",
                columns: new[] { "application_id", "status", "subject", "type" });

            migrationBuilder.CreateIndex(
                name: "ix_oauth_tokens_authorization_id",
                schema: "kernel",
                table: "oauth_tokens",
                column: "authorization_id");

            migrationBuilder.CreateIndex(
                name: "ix_oauth_tokens_reference_id",
                schema: "kernel",
                table: "oauth_tokens",
                column: "reference_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_object_references_owner",
                schema: "kernel",
                table: "object_references",
                column: "owner");

            migrationBuilder.CreateIndex(
                name: "ix_officer_claims_user_id",
                schema: "kernel",
                table: "officer_claims",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_officer_logins_user_id",
                schema: "kernel",
                table: "officer_logins",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_officer_passkeys_user_id",
                schema: "kernel",
                table: "officer_passkeys",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_officers_email",
                schema: "kernel",
                table: "officers",
                column: "normalized_email");

            migrationBuilder.CreateIndex(
                name: "ix_officers_organisation_id",
                schema: "kernel",
                table: "officers",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_officers_user_name",
                schema: "kernel",
                table: "officers",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_organisation_keys_organisation_id_suite_use_generation",
                schema: "kernel",
                table: "organisation_keys",
                columns: new[] { "organisation_id", "suite", "use", "generation" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_organisations_credit_code",
                schema: "kernel",
                table: "organisations",
                column: "credit_code",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_organisations_region",
                schema: "kernel",
                table: "organisations",
                column: "region");

            migrationBuilder.CreateIndex(
                name: "ix_posts_one_administrator",
                schema: "kernel",
                table: "posts",
                column: "officer_id",
                unique: true,
                filter: "role IN ('SystemAdministrator', 'SecurityAdministrator', 'AuditAdministrator')");

            migrationBuilder.CreateIndex(
                name: "ix_posts_role",
                schema: "kernel",
                table: "posts",
                column: "role");

            migrationBuilder.CreateIndex(
                name: "ix_regions_parent",
                schema: "kernel",
                table: "regions",
                column: "parent");

            migrationBuilder.CreateIndex(
                name: "ix_search_entries_kind_subject",
                schema: "kernel",
                table: "search_entries",
                columns: new[] { "kind", "subject" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_stored_objects_touched_at",
                schema: "kernel",
                table: "stored_objects",
                column: "touched_at");

            migrationBuilder.CreateIndex(
                name: "ix_usage_records_is_rolled_up_id",
                schema: "kernel",
                table: "usage_records",
                columns: new[] { "is_rolled_up", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_usage_records_subject_at",
                schema: "kernel",
                table: "usage_records",
                columns: new[] { "subject", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_usage_roll_ups_organisation_id_starts_at",
                schema: "kernel",
                table: "usage_roll_ups",
                columns: new[] { "organisation_id", "starts_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "administrator_roles",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "agreements",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "api_clients",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "batches",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "calendar_days",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "calendar_years",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "deadline_rules",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "demonstration_marks",
                schema: "demonstration");

            migrationBuilder.DropTable(
                name: "document_numbers",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "idempotency_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "information_items",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "intakes",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "job_runs",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "ledger_checkpoints",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "ledger_checks",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "ledger_entries",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "ledger_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "ledger_tiles",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "mounts",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "oauth_scopes",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "oauth_tokens",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "object_references",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officer_claims",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officer_logins",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officer_passkeys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officer_recovery_codes",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officer_tokens",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "organisation_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "platform_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "posts",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "search_entries",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "usage_records",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "usage_roll_ups",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "applications",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "deliveries",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "information_resources",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "data_sources",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "oauth_authorizations",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "stored_objects",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "officers",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "oauth_applications",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "organisations",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "regions",
                schema: "kernel");
        }
    }
}
