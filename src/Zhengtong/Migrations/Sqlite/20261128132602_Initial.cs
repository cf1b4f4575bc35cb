using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Zhengtong.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "open_data");

            migrationBuilder.EnsureSchema(
                name: "kernel");

            migrationBuilder.EnsureSchema(
                name: "agreements");

            migrationBuilder.EnsureSchema(
                name: "exchange");

            migrationBuilder.EnsureSchema(
                name: "cloud");

            migrationBuilder.EnsureSchema(
                name: "catalogue");

            migrationBuilder.EnsureSchema(
                name: "demonstration");

            migrationBuilder.CreateTable(
                name: "administrator_roles",
                schema: "kernel",
                columns: table => new
                {
                    role = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_administrator_roles", x => x.role);
                });

            migrationBuilder.CreateTable(
                name: "api_quotas",
                schema: "exchange",
                columns: table => new
                {
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    reserved = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_quotas", x => new { x.agreement_id, x.day });
                });

            migrationBuilder.CreateTable(
                name: "applications",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    resource_revision = table.Column<int>(type: "INTEGER", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    applicant_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    columns = table.Column<string>(type: "TEXT", nullable: false),
                    operations = table.Column<string>(type: "TEXT", nullable: false),
                    limits = table.Column<string>(type: "TEXT", nullable: true),
                    rows = table.Column<string>(type: "TEXT", nullable: false),
                    purpose = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    legal_ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    every_seconds = table.Column<int>(type: "INTEGER", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    submitted_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    submitted_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    due_by = table.Column<string>(type: "TEXT", nullable: true),
                    decided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    decided_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    refusal_ground = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    is_working_day = table.Column<bool>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: false),
                    is_ours = table.Column<bool>(type: "INTEGER", nullable: false)
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
                    year = table.Column<int>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_calendar_years", x => x.year);
                });

            migrationBuilder.CreateTable(
                name: "call_keys",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    provider_key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    provider_exchange = table.Column<byte[]>(type: "BLOB", nullable: false),
                    provider_wrapped = table.Column<byte[]>(type: "BLOB", nullable: false),
                    consumer_key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    consumer_exchange = table.Column<byte[]>(type: "BLOB", nullable: false),
                    consumer_wrapped = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_call_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "call_seals",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    side = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    key_id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    size = table.Column<int>(type: "INTEGER", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    sealed_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    stamp = table.Column<byte[]>(type: "BLOB", nullable: true),
                    stamped_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_call_seals", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "calls",
                schema: "exchange",
                columns: table => new
                {
                    number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    message_id = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    service = table.Column<string>(type: "TEXT", maxLength: 255, nullable: false),
                    method = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    status = table.Column<int>(type: "INTEGER", nullable: false),
                    request_bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    response_bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    received_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    leaf_hash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    group_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "BLOB", nullable: true),
                    @object = table.Column<string>(name: "object", type: "TEXT", maxLength: 64, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_calls", x => x.number);
                });

            migrationBuilder.CreateTable(
                name: "checked_links",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    is_harvested = table.Column<bool>(type: "INTEGER", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    content = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    status = table.Column<int>(type: "INTEGER", nullable: true),
                    fault = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    failing_since = table.Column<DateTime>(type: "TEXT", nullable: true),
                    checked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    is_untold = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_checked_links", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "deadline_rules",
                schema: "kernel",
                columns: table => new
                {
                    code = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    in_force_from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    start_event = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    is_confirmed = table.Column<bool>(type: "INTEGER", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    phase = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    manifest_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    position = table.Column<byte[]>(type: "BLOB", nullable: true),
                    changes_from = table.Column<byte[]>(type: "BLOB", nullable: true),
                    estimated_rows = table.Column<long>(type: "INTEGER", nullable: true),
                    rows_received = table.Column<long>(type: "INTEGER", nullable: false),
                    batches_received = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes_received = table.Column<long>(type: "INTEGER", nullable: false),
                    last_received_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    snapshot_finished_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    caught_up_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    keeps = table.Column<bool>(type: "INTEGER", nullable: false),
                    clears = table.Column<bool>(type: "INTEGER", nullable: false),
                    copy_reason = table.Column<string>(type: "TEXT", nullable: true),
                    log_bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    log_status = table.Column<string>(type: "TEXT", maxLength: 20, nullable: true),
                    log_alarm_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    next_run_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    orders = table.Column<int>(type: "INTEGER", nullable: false),
                    orders_begun = table.Column<int>(type: "INTEGER", nullable: false),
                    asked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    problem_detail = table.Column<string>(type: "TEXT", nullable: true),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_demonstration_marks", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "developer_keys",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    mail = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    scopes = table.Column<string>(type: "TEXT", nullable: false),
                    token_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    beginning = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    per_minute = table.Column<int>(type: "INTEGER", nullable: false),
                    per_day = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_developer_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "document_numbers",
                schema: "agreements",
                columns: table => new
                {
                    kind = table.Column<string>(type: "TEXT", maxLength: 2, nullable: false),
                    year = table.Column<int>(type: "INTEGER", nullable: false),
                    last = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_document_numbers", x => new { x.kind, x.year });
                });

            migrationBuilder.CreateTable(
                name: "file_inboxes",
                schema: "exchange",
                columns: table => new
                {
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_file_inboxes", x => x.agreement_id);
                });

            migrationBuilder.CreateTable(
                name: "file_retentions",
                schema: "exchange",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    keep_days = table.Column<int>(type: "INTEGER", nullable: false),
                    latest_days = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_file_retentions", x => x.resource_id);
                });

            migrationBuilder.CreateTable(
                name: "files",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    content_type = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    length = table.Column<long>(type: "INTEGER", nullable: true),
                    offset = table.Column<long>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    wrap = table.Column<string>(type: "TEXT", nullable: true),
                    metadata = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    origin = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    expires_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    uploaded_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    sm3 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    check = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    finding = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    purged_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_left = table.Column<bool>(type: "INTEGER", nullable: false),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    next_check_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_files", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                schema: "kernel",
                columns: table => new
                {
                    actor_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    request = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    response = table.Column<byte[]>(type: "BLOB", nullable: true),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_idempotency_keys", x => new { x.actor_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "import_jobs",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    version_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    active_resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    file_name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    format = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    content = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    choices = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    requested_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    is_stop_requested = table.Column<bool>(type: "INTEGER", nullable: false),
                    phase = table.Column<int>(type: "INTEGER", nullable: false),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes_read = table.Column<long>(type: "INTEGER", nullable: false),
                    fault = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    fault_detail = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    findings = table.Column<string>(type: "TEXT", nullable: true),
                    bad_rows = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    bad_row_count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_jobs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_runs",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    job = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    finished_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    result = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    count = table.Column<long>(type: "INTEGER", nullable: false),
                    error = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    process = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "key_usages",
                schema: "open_data",
                columns: table => new
                {
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    @interface = table.Column<string>(name: "interface", type: "TEXT", maxLength: 20, nullable: false),
                    calls = table.Column<long>(type: "INTEGER", nullable: false),
                    refused = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_key_usages", x => new { x.key_id, x.day, x.@interface });
                });

            migrationBuilder.CreateTable(
                name: "ledger_checkpoints",
                schema: "kernel",
                columns: table => new
                {
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    root = table.Column<byte[]>(type: "BLOB", nullable: false),
                    note = table.Column<string>(type: "TEXT", nullable: false),
                    signed_at = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    finished_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    from = table.Column<long>(type: "INTEGER", nullable: false),
                    to = table.Column<long>(type: "INTEGER", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    finding_count = table.Column<int>(type: "INTEGER", nullable: false),
                    findings = table.Column<string>(type: "TEXT", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    @event = table.Column<string>(name: "event", type: "TEXT", maxLength: 100, nullable: false),
                    subject = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    actor_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    actor_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    actor_organisation = table.Column<Guid>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    data = table.Column<string>(type: "TEXT", nullable: false),
                    index = table.Column<long>(type: "INTEGER", nullable: true)
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
                    generation = table.Column<int>(type: "INTEGER", nullable: false),
                    origin = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    public_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    private_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                    place = table.Column<long>(type: "INTEGER", nullable: false),
                    hashes = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_tiles", x => x.place);
                });

            migrationBuilder.CreateTable(
                name: "link_sets",
                schema: "open_data",
                columns: table => new
                {
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_link_sets", x => x.owner_id);
                });

            migrationBuilder.CreateTable(
                name: "mail_subscriptions",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    topic = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    topic_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    address_mark = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    address = table.Column<byte[]>(type: "BLOB", maxLength: 400, nullable: false),
                    language = table.Column<string>(type: "TEXT", maxLength: 10, nullable: false),
                    rhythm = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    asked_rhythm = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    token_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    token_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    confirmed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    told_version = table.Column<int>(type: "INTEGER", nullable: false),
                    told_withdrawn = table.Column<bool>(type: "INTEGER", nullable: false),
                    told_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mail_subscriptions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "meter_days",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    hours = table.Column<byte[]>(type: "BLOB", nullable: true),
                    is_closed = table.Column<bool>(type: "INTEGER", nullable: false),
                    covered = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_max = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_mean = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_min = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_p95 = table.Column<int>(type: "INTEGER", nullable: true),
                    cpu_peak = table.Column<int>(type: "INTEGER", nullable: false),
                    disk_max = table.Column<int>(type: "INTEGER", nullable: false),
                    gauged = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_max = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_mean = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_p95 = table.Column<int>(type: "INTEGER", nullable: true),
                    received = table.Column<long>(type: "INTEGER", nullable: false),
                    sent = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meter_days", x => new { x.resource_id, x.day });
                });

            migrationBuilder.CreateTable(
                name: "meter_latest",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    read_at = table.Column<long>(type: "INTEGER", nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: false),
                    cpu_microseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes_received = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes_sent = table.Column<long>(type: "INTEGER", nullable: false),
                    cpu = table.Column<int>(type: "INTEGER", nullable: true),
                    memory = table.Column<int>(type: "INTEGER", nullable: false),
                    disk = table.Column<int>(type: "INTEGER", nullable: false),
                    received_per_second = table.Column<long>(type: "INTEGER", nullable: true),
                    sent_per_second = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meter_latest", x => x.resource_id);
                });

            migrationBuilder.CreateTable(
                name: "meter_minutes",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    hour = table.Column<int>(type: "INTEGER", nullable: false),
                    slots = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meter_minutes", x => new { x.resource_id, x.hour });
                });

            migrationBuilder.CreateTable(
                name: "meter_months",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    month = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    covered = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_max = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_mean = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_min = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_p95 = table.Column<int>(type: "INTEGER", nullable: true),
                    cpu_peak = table.Column<int>(type: "INTEGER", nullable: false),
                    disk_max = table.Column<int>(type: "INTEGER", nullable: false),
                    gauged = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_max = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_mean = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_p95 = table.Column<int>(type: "INTEGER", nullable: true),
                    received = table.Column<long>(type: "INTEGER", nullable: false),
                    sent = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meter_months", x => new { x.resource_id, x.month });
                });

            migrationBuilder.CreateTable(
                name: "meter_sheets",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    hour = table.Column<int>(type: "INTEGER", nullable: false),
                    slots = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meter_sheets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "node_nonces",
                schema: "exchange",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    nonce = table.Column<string>(type: "TEXT", maxLength: 22, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_node_nonces", x => new { x.node_id, x.nonce });
                });

            migrationBuilder.CreateTable(
                name: "oauth_applications",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    application_type = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    client_id = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    client_secret = table.Column<string>(type: "TEXT", nullable: true),
                    client_type = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    concurrency_token = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    consent_type = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    display_name = table.Column<string>(type: "TEXT", nullable: true),
                    display_names = table.Column<string>(type: "TEXT", nullable: true),
                    json_web_key_set = table.Column<string>(type: "TEXT", nullable: true),
                    permissions = table.Column<string>(type: "TEXT", nullable: true),
                    post_logout_redirect_uris = table.Column<string>(type: "TEXT", nullable: true),
                    properties = table.Column<string>(type: "TEXT", nullable: true),
                    redirect_uris = table.Column<string>(type: "TEXT", nullable: true),
                    requirements = table.Column<string>(type: "TEXT", nullable: true),
                    settings = table.Column<string>(type: "TEXT", nullable: true)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    concurrency_token = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    description = table.Column<string>(type: "TEXT", nullable: true),
                    descriptions = table.Column<string>(type: "TEXT", nullable: true),
                    display_name = table.Column<string>(type: "TEXT", nullable: true),
                    display_names = table.Column<string>(type: "TEXT", nullable: true),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    properties = table.Column<string>(type: "TEXT", nullable: true),
                    resources = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_oauth_scopes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "outgoing_mails",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    address_mark = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    content = table.Column<byte[]>(type: "BLOB", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    last_result = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outgoing_mails", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "placement_clock",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false),
                    generation = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_placement_clock", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "placement_records",
                schema: "cloud",
                columns: table => new
                {
                    claim_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    explanation = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_placement_records", x => x.claim_id);
                });

            migrationBuilder.CreateTable(
                name: "platform_keys",
                schema: "kernel",
                columns: table => new
                {
                    purpose = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "BLOB", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_platform_keys", x => x.purpose);
                });

            migrationBuilder.CreateTable(
                name: "price_series",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    service_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    meter = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_series", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "quality_secrets",
                schema: "exchange",
                columns: table => new
                {
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    secret = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quality_secrets", x => x.organisation_id);
                });

            migrationBuilder.CreateTable(
                name: "quota_recounts",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    actor_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    movements = table.Column<long>(type: "INTEGER", nullable: false),
                    counters = table.Column<long>(type: "INTEGER", nullable: false),
                    difference_count = table.Column<int>(type: "INTEGER", nullable: false),
                    differences = table.Column<string>(type: "TEXT", nullable: false),
                    is_mended = table.Column<bool>(type: "INTEGER", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quota_recounts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "reclaim_rules",
                schema: "cloud",
                columns: table => new
                {
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    idle_cpu = table.Column<int>(type: "INTEGER", nullable: false),
                    underused_cpu = table.Column<int>(type: "INTEGER", nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    coverage = table.Column<int>(type: "INTEGER", nullable: false),
                    objection_days = table.Column<int>(type: "INTEGER", nullable: false),
                    kept_days = table.Column<int>(type: "INTEGER", nullable: false),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    set_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reclaim_rules", x => x.version);
                });

            migrationBuilder.CreateTable(
                name: "regions",
                schema: "kernel",
                columns: table => new
                {
                    code = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    level = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    parent = table.Column<string>(type: "TEXT", maxLength: 12, nullable: true),
                    is_ours = table.Column<bool>(type: "INTEGER", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_regions", x => x.code);
                });

            migrationBuilder.CreateTable(
                name: "resource_kinds",
                schema: "cloud",
                columns: table => new
                {
                    code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    unit = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    is_on_host = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_kinds", x => x.code);
                });

            migrationBuilder.CreateTable(
                name: "review_chains",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    valid_from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    steps = table.Column<string>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    defined_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    defined_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_chains", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "savings_methods",
                schema: "cloud",
                columns: table => new
                {
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    from_year = table.Column<int>(type: "INTEGER", nullable: false),
                    parameters = table.Column<string>(type: "TEXT", nullable: false),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    set_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_savings_methods", x => x.version);
                });

            migrationBuilder.CreateTable(
                name: "search_entries",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    subject = table.Column<Guid>(type: "TEXT", nullable: false),
                    title = table.Column<string>(type: "TEXT", nullable: false),
                    body = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_search_entries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "service_brokers",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    credentials = table.Column<byte[]>(type: "BLOB", nullable: false),
                    is_open = table.Column<bool>(type: "INTEGER", nullable: false),
                    catalogue = table.Column<string>(type: "TEXT", nullable: true),
                    proposed = table.Column<string>(type: "TEXT", nullable: true),
                    proposed_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_service_brokers", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "stored_objects",
                schema: "kernel",
                columns: table => new
                {
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    length = table.Column<long>(type: "INTEGER", nullable: false),
                    touched_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stored_objects", x => x.digest);
                });

            migrationBuilder.CreateTable(
                name: "terminal_leases",
                schema: "cloud",
                columns: table => new
                {
                    key = table.Column<string>(type: "TEXT", maxLength: 80, nullable: false),
                    holder = table.Column<Guid>(type: "TEXT", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_terminal_leases", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "usage_records",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    meter = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    unit = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    quantity = table.Column<long>(type: "INTEGER", nullable: false),
                    subject = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    is_rolled_up = table.Column<bool>(type: "INTEGER", nullable: false)
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
                    period = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    starts_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    meter = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    unit = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    quantity = table.Column<long>(type: "INTEGER", nullable: false),
                    records = table.Column<long>(type: "INTEGER", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    application_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    from = table.Column<DateTime>(type: "TEXT", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    provider_seal_organisation = table.Column<Guid>(type: "TEXT", nullable: true),
                    provider_seal_officer = table.Column<Guid>(type: "TEXT", nullable: true),
                    provider_seal_officer_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    provider_seal_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    provider_seal_key_id = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    provider_seal_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    consumer_seal_organisation = table.Column<Guid>(type: "TEXT", nullable: true),
                    consumer_seal_officer = table.Column<Guid>(type: "TEXT", nullable: true),
                    consumer_seal_officer_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    consumer_seal_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    consumer_seal_key_id = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    consumer_seal_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    suspended_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    resumed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                name: "call_groups",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    size = table.Column<int>(type: "INTEGER", nullable: false),
                    recorded_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    provider_seal_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    consumer_seal_id = table.Column<Guid>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_call_groups", x => x.id);
                    table.ForeignKey(
                        name: "fk_call_groups_call_seals_consumer_seal_id",
                        column: x => x.consumer_seal_id,
                        principalSchema: "exchange",
                        principalTable: "call_seals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_call_groups_call_seals_provider_seal_id",
                        column: x => x.provider_seal_id,
                        principalSchema: "exchange",
                        principalTable: "call_seals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "back_fills",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    active_delivery_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    ordered_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    ordered_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    range = table.Column<byte[]>(type: "BLOB", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    estimated_rows = table.Column<long>(type: "INTEGER", nullable: true),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    first_batch = table.Column<long>(type: "INTEGER", nullable: true),
                    last_batch = table.Column<long>(type: "INTEGER", nullable: true),
                    position = table.Column<byte[]>(type: "BLOB", nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_back_fills", x => x.id);
                    table.ForeignKey(
                        name: "fk_back_fills_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "batches",
                schema: "exchange",
                columns: table => new
                {
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    phase = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    rows = table.Column<int>(type: "INTEGER", nullable: false),
                    manifest = table.Column<string>(type: "TEXT", nullable: false),
                    manifest_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    ciphertext_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    sealed_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    counter_receipt = table.Column<string>(type: "TEXT", nullable: true),
                    counter_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    received_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    voided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    stamp = table.Column<byte[]>(type: "BLOB", nullable: true),
                    stamped_at = table.Column<DateTime>(type: "TEXT", nullable: true)
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
                name: "corrections",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    item = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    key_digest = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    active_key = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    content = table.Column<byte[]>(type: "BLOB", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    opened_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    due_by = table.Column<string>(type: "TEXT", nullable: true),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    settled_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    batch = table.Column<long>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_corrections", x => x.id);
                    table.ForeignKey(
                        name: "fk_corrections_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "quarantine",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_digest = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    reasons = table.Column<string>(type: "TEXT", nullable: false),
                    faults = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    row = table.Column<byte[]>(type: "BLOB", nullable: true),
                    after_batch = table.Column<long>(type: "INTEGER", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    settled_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    batch = table.Column<long>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quarantine", x => x.id);
                    table.ForeignKey(
                        name: "fk_quarantine_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "reconciliations",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    active_delivery_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    requested_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    finished_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    rows_read = table.Column<long>(type: "INTEGER", nullable: false),
                    rows_expected = table.Column<long>(type: "INTEGER", nullable: true),
                    last_batch = table.Column<long>(type: "INTEGER", nullable: false),
                    provider_rows = table.Column<long>(type: "INTEGER", nullable: false),
                    consumer_rows = table.Column<long>(type: "INTEGER", nullable: false),
                    not_compared = table.Column<long>(type: "INTEGER", nullable: false),
                    quarantined = table.Column<long>(type: "INTEGER", nullable: false),
                    missing = table.Column<long>(type: "INTEGER", nullable: false),
                    extra = table.Column<long>(type: "INTEGER", nullable: false),
                    different = table.Column<long>(type: "INTEGER", nullable: false),
                    ranges = table.Column<int>(type: "INTEGER", nullable: false),
                    provider_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    consumer_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    differences = table.Column<byte[]>(type: "BLOB", nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    repair_ordered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    repaired_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    repair_first = table.Column<long>(type: "INTEGER", nullable: true),
                    repair_last = table.Column<long>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciliations", x => x.id);
                    table.ForeignKey(
                        name: "fk_reconciliations_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "seen_tables",
                schema: "exchange",
                columns: table => new
                {
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    shape = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_seen_tables", x => x.delivery_id);
                    table.ForeignKey(
                        name: "fk_seen_tables_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "timetables",
                schema: "exchange",
                columns: table => new
                {
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    windows = table.Column<string>(type: "TEXT", nullable: false),
                    rows_per_second = table.Column<int>(type: "INTEGER", nullable: true),
                    bytes_per_second = table.Column<long>(type: "INTEGER", nullable: true),
                    priority = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_timetables", x => x.delivery_id);
                    table.ForeignKey(
                        name: "fk_timetables_deliveries_delivery_id",
                        column: x => x.delivery_id,
                        principalSchema: "exchange",
                        principalTable: "deliveries",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "key_notices",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    text_key = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    arguments = table.Column<string>(type: "TEXT", nullable: false),
                    href = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    mailed_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_key_notices", x => x.id);
                    table.ForeignKey(
                        name: "fk_key_notices_developer_keys_key_id",
                        column: x => x.key_id,
                        principalSchema: "open_data",
                        principalTable: "developer_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "showcase_apps",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    summary = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    link = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    maker = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    reviewed_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    reviewed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    refused_because = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_showcase_apps", x => x.id);
                    table.ForeignKey(
                        name: "fk_showcase_apps_developer_keys_key_id",
                        column: x => x.key_id,
                        principalSchema: "open_data",
                        principalTable: "developer_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "file_recipients",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    file_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    wrap = table.Column<string>(type: "TEXT", nullable: true),
                    manifest = table.Column<string>(type: "TEXT", nullable: false),
                    manifest_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    wrong_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    counter_receipt = table.Column<string>(type: "TEXT", nullable: true),
                    counter_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    confirmed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_file_recipients", x => x.id);
                    table.ForeignKey(
                        name: "fk_file_recipients_files_file_id",
                        column: x => x.file_id,
                        principalSchema: "exchange",
                        principalTable: "files",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "oauth_authorizations",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    application_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    concurrency_token = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    creation_date = table.Column<DateTime>(type: "TEXT", nullable: true),
                    properties = table.Column<string>(type: "TEXT", nullable: true),
                    scopes = table.Column<string>(type: "TEXT", nullable: true),
                    status = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    subject = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    type = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true)
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
                name: "service_prices",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    amount = table.Column<decimal>(type: "TEXT", precision: 18, scale: 8, nullable: false),
                    valid_from = table.Column<DateTime>(type: "TEXT", nullable: false),
                    valid_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    source = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    series_id = table.Column<Guid>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_service_prices", x => x.id);
                    table.ForeignKey(
                        name: "fk_service_prices_price_series_series_id",
                        column: x => x.series_id,
                        principalSchema: "catalogue",
                        principalTable: "price_series",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "organisations",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    credit_code = table.Column<string>(type: "TEXT", maxLength: 18, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    short_name = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    parent_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                name: "resource_pools",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    zone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    engine = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    secret = table.Column<byte[]>(type: "BLOB", nullable: true),
                    protection = table.Column<int>(type: "INTEGER", nullable: false),
                    strategy = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    ratios = table.Column<string>(type: "TEXT", nullable: false),
                    is_open = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_pools", x => x.id);
                    table.ForeignKey(
                        name: "fk_resource_pools_regions_region",
                        column: x => x.region,
                        principalSchema: "kernel",
                        principalTable: "regions",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "reviews",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    subject_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    applicant_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    submitted_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    chain_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    steps = table.Column<string>(type: "TEXT", nullable: false),
                    facts = table.Column<string>(type: "TEXT", nullable: false),
                    opened_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    step = table.Column<int>(type: "INTEGER", nullable: false),
                    step_name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    reviewer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    post = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    round = table.Column<int>(type: "INTEGER", nullable: false),
                    step_round = table.Column<int>(type: "INTEGER", nullable: false),
                    step_started_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    is_provisional = table.Column<bool>(type: "INTEGER", nullable: false),
                    calendar_version = table.Column<int>(type: "INTEGER", nullable: false),
                    warned = table.Column<int>(type: "INTEGER", nullable: false),
                    next_warning_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    escalated_to = table.Column<Guid>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reviews", x => x.id);
                    table.ForeignKey(
                        name: "fk_reviews_review_chains_chain_id",
                        column: x => x.chain_id,
                        principalSchema: "agreements",
                        principalTable: "review_chains",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "brokered_plans",
                schema: "cloud",
                columns: table => new
                {
                    service_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    broker_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    offering_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    plan_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    parameters = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_brokered_plans", x => new { x.service_code, x.plan_code });
                    table.ForeignKey(
                        name: "fk_brokered_plans_service_brokers_broker_id",
                        column: x => x.broker_id,
                        principalSchema: "cloud",
                        principalTable: "service_brokers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "object_references",
                schema: "kernel",
                columns: table => new
                {
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    owner = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    since = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                name: "statements",
                schema: "exchange",
                columns: table => new
                {
                    reconciliation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    delivery_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    provider_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    consumer_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    provider_key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    consumer_key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    last_batch = table.Column<long>(type: "INTEGER", nullable: false),
                    issued_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_statements", x => x.reconciliation_id);
                    table.ForeignKey(
                        name: "fk_statements_reconciliations_reconciliation_id",
                        column: x => x.reconciliation_id,
                        principalSchema: "exchange",
                        principalTable: "reconciliations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "oauth_tokens",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    application_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    authorization_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    concurrency_token = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    creation_date = table.Column<DateTime>(type: "TEXT", nullable: true),
                    expiration_date = table.Column<DateTime>(type: "TEXT", nullable: true),
                    payload = table.Column<string>(type: "TEXT", nullable: true),
                    properties = table.Column<string>(type: "TEXT", nullable: true),
                    redemption_date = table.Column<DateTime>(type: "TEXT", nullable: true),
                    reference_id = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    status = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    subject = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    type = table.Column<string>(type: "TEXT", maxLength: 150, nullable: true)
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
                name: "alarms",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    subject = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    open = table.Column<string>(type: "TEXT", maxLength: 120, nullable: true),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    figure = table.Column<long>(type: "INTEGER", nullable: false),
                    limit = table.Column<long>(type: "INTEGER", nullable: false),
                    raised_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    cleared_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    acknowledged_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    acknowledged_by = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alarms", x => x.id);
                    table.ForeignKey(
                        name: "fk_alarms_organisations_consumer_id",
                        column: x => x.consumer_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_alarms_organisations_provider_id",
                        column: x => x.provider_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "api_clients",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    granted = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    secret_generation = table.Column<int>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                name: "api_services",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    subsystem_code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    service_code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    door = table.Column<byte[]>(type: "BLOB", nullable: false),
                    timeout_seconds = table.Column<int>(type: "INTEGER", nullable: false),
                    is_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    last_fault = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    last_fault_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_services", x => x.id);
                    table.ForeignKey(
                        name: "fk_api_services_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "bills",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    month = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    total = table.Column<decimal>(type: "TEXT", precision: 28, scale: 16, nullable: false),
                    resources = table.Column<int>(type: "INTEGER", nullable: false),
                    unpriced_count = table.Column<int>(type: "INTEGER", nullable: false),
                    counted_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    closed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bills", x => x.id);
                    table.ForeignKey(
                        name: "fk_bills_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "business_systems",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    purpose = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    protection = table.Column<int>(type: "INTEGER", nullable: false),
                    protection_record = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    zone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    retired_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_business_systems", x => x.id);
                    table.ForeignKey(
                        name: "fk_business_systems_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "cloud_services",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    category = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    layer = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    summary = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    level = table.Column<string>(type: "TEXT", nullable: false),
                    form = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    plans = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cloud_services", x => x.id);
                    table.ForeignKey(
                        name: "fk_cloud_services_organisations_provider_id",
                        column: x => x.provider_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "datasets",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    publisher_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    current = table.Column<int>(type: "INTEGER", nullable: false),
                    current_version_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    description = table.Column<string>(type: "TEXT", nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    open_attribute = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    licence = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: true),
                    theme_list = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    keyword_list = table.Column<string>(type: "TEXT", maxLength: 2100, nullable: false),
                    format_list = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    update_cycle = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    modified_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    withdrawn_because = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_datasets", x => x.id);
                    table.ForeignKey(
                        name: "fk_datasets_organisations_publisher_id",
                        column: x => x.publisher_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "front_end_nodes",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    token_digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    token_expires_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    enrolled_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    last_seen_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    silent_since = table.Column<DateTime>(type: "TEXT", nullable: true),
                    version = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    clock_ahead = table.Column<long>(type: "INTEGER", nullable: false),
                    disk_free_bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    spooled_batches = table.Column<long>(type: "INTEGER", nullable: false),
                    lag_seconds = table.Column<long>(type: "INTEGER", nullable: false),
                    report = table.Column<string>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_front_end_nodes", x => x.id);
                    table.ForeignKey(
                        name: "fk_front_end_nodes_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "harvest_sources",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    every_hours = table.Column<int>(type: "INTEGER", nullable: false),
                    is_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    next_run_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    is_run_requested = table.Column<bool>(type: "INTEGER", nullable: false),
                    may_shrink = table.Column<bool>(type: "INTEGER", nullable: false),
                    removed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    active_key = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    renamed = table.Column<int>(type: "INTEGER", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_harvest_sources", x => x.id);
                    table.ForeignKey(
                        name: "fk_harvest_sources_organisations_organisation_id",
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    @abstract = table.Column<string>(name: "abstract", type: "TEXT", maxLength: 1000, nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    operations = table.Column<string>(type: "TEXT", nullable: false),
                    sharing_type = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    sharing_condition = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    update_cycle = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
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
                name: "machine_rooms",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    declared_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    closed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_machine_rooms", x => x.id);
                    table.ForeignKey(
                        name: "fk_machine_rooms_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "member_certificates",
                schema: "exchange",
                columns: table => new
                {
                    key_id = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    serial = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    certificate = table.Column<byte[]>(type: "BLOB", nullable: false),
                    issued_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_member_certificates", x => x.key_id);
                    table.ForeignKey(
                        name: "fk_member_certificates_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "notices",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    tone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    text_key = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    arguments = table.Column<string>(type: "TEXT", nullable: false),
                    href = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notices", x => x.id);
                    table.ForeignKey(
                        name: "fk_notices_organisations_organisation_id",
                        column: x => x.organisation_id,
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    display_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    locked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    code_secret = table.Column<byte[]>(type: "BLOB", maxLength: 100, nullable: true),
                    last_code_step = table.Column<long>(type: "INTEGER", nullable: false),
                    user_name = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    normalized_user_name = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    password_hash = table.Column<string>(type: "TEXT", nullable: true),
                    security_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    phone_number = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    lockout_end = table.Column<DateTime>(type: "TEXT", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    access_failed_count = table.Column<int>(type: "INTEGER", nullable: false)
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
                    key_id = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    suite = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    use = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    generation = table.Column<int>(type: "INTEGER", nullable: false),
                    public_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    private_key = table.Column<byte[]>(type: "BLOB", nullable: true),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                name: "quota_nodes",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    parent_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    level = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    depth = table.Column<int>(type: "INTEGER", nullable: false),
                    path = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    key = table.Column<string>(type: "TEXT", maxLength: 250, nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quota_nodes", x => x.id);
                    table.ForeignKey(
                        name: "fk_quota_nodes_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_quota_nodes_quota_nodes_parent_id",
                        column: x => x.parent_id,
                        principalSchema: "cloud",
                        principalTable: "quota_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_quota_nodes_regions_region",
                        column: x => x.region,
                        principalSchema: "kernel",
                        principalTable: "regions",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "capacity_days",
                schema: "cloud",
                columns: table => new
                {
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    total = table.Column<long>(type: "INTEGER", nullable: false),
                    capacity = table.Column<long>(type: "INTEGER", nullable: false),
                    allocated = table.Column<long>(type: "INTEGER", nullable: false),
                    used = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_capacity_days", x => new { x.pool_id, x.kind, x.day });
                    table.ForeignKey(
                        name: "fk_capacity_days_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "database_servers",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    host = table.Column<string>(type: "TEXT", maxLength: 253, nullable: false),
                    port = table.Column<int>(type: "INTEGER", nullable: false),
                    connection = table.Column<byte[]>(type: "BLOB", nullable: false),
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    zone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    protection = table.Column<int>(type: "INTEGER", nullable: false),
                    most_databases = table.Column<int>(type: "INTEGER", nullable: false),
                    connections = table.Column<int>(type: "INTEGER", nullable: false),
                    databases = table.Column<int>(type: "INTEGER", nullable: false),
                    is_open = table.Column<bool>(type: "INTEGER", nullable: false),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_database_servers", x => x.id);
                    table.CheckConstraint("ck_database_servers_not_negative", "databases >= 0");
                    table.ForeignKey(
                        name: "fk_database_servers_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "engine_orphans",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    project = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    is_running = table.Column<bool>(type: "INTEGER", nullable: false),
                    first_seen_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    decision = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_engine_orphans", x => x.id);
                    table.ForeignKey(
                        name: "fk_engine_orphans_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "hosts",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    intended = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    traits = table.Column<string>(type: "TEXT", nullable: false),
                    group = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    load = table.Column<int>(type: "INTEGER", nullable: false),
                    wish = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    problem = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_hosts", x => x.id);
                    table.ForeignKey(
                        name: "fk_hosts_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "pool_sights",
                schema: "cloud",
                columns: table => new
                {
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    looked_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    product = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    version = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    fault = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    fault_since = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_told = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pool_sights", x => x.pool_id);
                    table.ForeignKey(
                        name: "fk_pool_sights_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "tenant_networks",
                schema: "cloud",
                columns: table => new
                {
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    rules = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_networks", x => new { x.pool_id, x.organisation_id });
                    table.ForeignKey(
                        name: "fk_tenant_networks_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_tenant_networks_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "review_acts",
                schema: "agreements",
                columns: table => new
                {
                    review_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sequence = table.Column<int>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    step = table.Column<int>(type: "INTEGER", nullable: false),
                    step_name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    round = table.Column<int>(type: "INTEGER", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    by_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    by_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: false),
                    by_organisation = table.Column<Guid>(type: "TEXT", nullable: false),
                    for_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    for_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    opinion = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    reason_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    to_step = table.Column<int>(type: "INTEGER", nullable: true),
                    percent = table.Column<int>(type: "INTEGER", nullable: true),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    late = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_acts", x => new { x.review_id, x.sequence });
                    table.ForeignKey(
                        name: "fk_review_acts_reviews_review_id",
                        column: x => x.review_id,
                        principalSchema: "agreements",
                        principalTable: "reviews",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_stops",
                schema: "agreements",
                columns: table => new
                {
                    review_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    sequence = table.Column<int>(type: "INTEGER", nullable: false),
                    round = table.Column<int>(type: "INTEGER", nullable: false),
                    step = table.Column<int>(type: "INTEGER", nullable: false),
                    stopped_from = table.Column<DateTime>(type: "TEXT", nullable: false),
                    stopped_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    missing = table.Column<string>(type: "TEXT", nullable: false),
                    answer = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_stops", x => new { x.review_id, x.sequence });
                    table.ForeignKey(
                        name: "fk_review_stops_reviews_review_id",
                        column: x => x.review_id,
                        principalSchema: "agreements",
                        principalTable: "reviews",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "information_systems",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    subsystem_code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    client_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    certificates = table.Column<string>(type: "TEXT", nullable: false),
                    addresses = table.Column<string>(type: "TEXT", nullable: false),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_information_systems", x => x.id);
                    table.ForeignKey(
                        name: "fk_information_systems_api_clients_client_id",
                        column: x => x.client_id,
                        principalSchema: "kernel",
                        principalTable: "api_clients",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_information_systems_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "bill_lines",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    bill_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    position = table.Column<int>(type: "INTEGER", nullable: false),
                    category = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    corrects = table.Column<Guid>(type: "TEXT", nullable: true),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    service_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    meter = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    price_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    unit_price = table.Column<decimal>(type: "TEXT", precision: 18, scale: 8, nullable: true),
                    quantity = table.Column<decimal>(type: "TEXT", precision: 20, scale: 8, nullable: true),
                    cost = table.Column<decimal>(type: "TEXT", precision: 28, scale: 16, nullable: false),
                    from = table.Column<DateTime>(type: "TEXT", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bill_lines", x => x.id);
                    table.ForeignKey(
                        name: "fk_bill_lines_bills_bill_id",
                        column: x => x.bill_id,
                        principalSchema: "cloud",
                        principalTable: "bills",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "orders",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    project_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    system_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    zone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    protection = table.Column<int>(type: "INTEGER", nullable: false),
                    items = table.Column<string>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    until_before = table.Column<DateTime>(type: "TEXT", nullable: true),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    created_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    submitted_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    submitted_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    decided_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    decided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    reason_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    undone_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    undone_code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    document = table.Column<string>(type: "TEXT", nullable: true),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    consumer_seal_organisation = table.Column<Guid>(type: "TEXT", nullable: true),
                    consumer_seal_officer = table.Column<Guid>(type: "TEXT", nullable: true),
                    consumer_seal_officer_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    consumer_seal_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    consumer_seal_key_id = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    consumer_seal_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    provider_seal_organisation = table.Column<Guid>(type: "TEXT", nullable: true),
                    provider_seal_officer = table.Column<Guid>(type: "TEXT", nullable: true),
                    provider_seal_officer_name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    provider_seal_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    provider_seal_key_id = table.Column<string>(type: "TEXT", maxLength: 16, nullable: true),
                    provider_seal_signature = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_orders", x => x.id);
                    table.ForeignKey(
                        name: "fk_orders_business_systems_system_id",
                        column: x => x.system_id,
                        principalSchema: "cloud",
                        principalTable: "business_systems",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_orders_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "osb_consumers",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    system_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    password_hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_osb_consumers", x => x.id);
                    table.ForeignKey(
                        name: "fk_osb_consumers_business_systems_system_id",
                        column: x => x.system_id,
                        principalSchema: "cloud",
                        principalTable: "business_systems",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_osb_consumers_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "resources",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    form = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    order_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    item = table.Column<int>(type: "INTEGER", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    region = table.Column<string>(type: "TEXT", maxLength: 12, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    system_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    service_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    zone = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    protection = table.Column<int>(type: "INTEGER", nullable: false),
                    amounts = table.Column<string>(type: "TEXT", nullable: false),
                    volumes = table.Column<string>(type: "TEXT", nullable: false),
                    former = table.Column<string>(type: "TEXT", nullable: true),
                    image = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    user_data = table.Column<byte[]>(type: "BLOB", nullable: true),
                    spread_group = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    backup_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    root_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    host_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    wish = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    is_begun = table.Column<bool>(type: "INTEGER", nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    until = table.Column<DateTime>(type: "TEXT", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    delivered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    removed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resources", x => x.id);
                    table.ForeignKey(
                        name: "fk_resources_business_systems_system_id",
                        column: x => x.system_id,
                        principalSchema: "cloud",
                        principalTable: "business_systems",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_resources_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_resources_resource_pools_pool_id",
                        column: x => x.pool_id,
                        principalSchema: "cloud",
                        principalTable: "resource_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "access_applications",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    applicant = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    contact = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    purpose = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    safety = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    until = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    due_by = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    decided_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    decided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_applications", x => x.id);
                    table.ForeignKey(
                        name: "fk_access_applications_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_access_applications_developer_keys_key_id",
                        column: x => x.key_id,
                        principalSchema: "open_data",
                        principalTable: "developer_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "app_uses",
                schema: "open_data",
                columns: table => new
                {
                    app_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    columns = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_app_uses", x => new { x.app_id, x.dataset_id });
                    table.ForeignKey(
                        name: "fk_app_uses_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_app_uses_showcase_apps_app_id",
                        column: x => x.app_id,
                        principalSchema: "open_data",
                        principalTable: "showcase_apps",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "data_requests",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    words = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    voice = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    by = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    version = table.Column<int>(type: "INTEGER", nullable: true),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    column = table.Column<string>(type: "TEXT", maxLength: 300, nullable: true),
                    rows = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    department_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    due_by = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    answer = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: true),
                    answered_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    decided_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    decided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    answered_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    merged_into = table.Column<Guid>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_requests", x => x.id);
                    table.ForeignKey(
                        name: "fk_data_requests_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_data_requests_organisations_department_id",
                        column: x => x.department_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "dataset_comments",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    voice = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    by = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 50, nullable: true),
                    words = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    decided_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    decided_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    hidden_because = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    answer = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_comments", x => x.id);
                    table.ForeignKey(
                        name: "fk_dataset_comments_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "dataset_ratings",
                schema: "open_data",
                columns: table => new
                {
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    voice = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    stars = table.Column<int>(type: "INTEGER", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_ratings", x => new { x.dataset_id, x.voice });
                    table.ForeignKey(
                        name: "fk_dataset_ratings_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "dataset_subscriptions",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    secret = table.Column<byte[]>(type: "BLOB", maxLength: 200, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    told_version = table.Column<int>(type: "INTEGER", nullable: false),
                    told_withdrawn = table.Column<bool>(type: "INTEGER", nullable: false),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    last_result = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    dead_since = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_subscriptions", x => x.id);
                    table.ForeignKey(
                        name: "fk_dataset_subscriptions_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_dataset_subscriptions_developer_keys_key_id",
                        column: x => x.key_id,
                        principalSchema: "open_data",
                        principalTable: "developer_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "dataset_versions",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    description = table.Column<string>(type: "TEXT", nullable: false),
                    resources = table.Column<string>(type: "TEXT", nullable: false),
                    change_note = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    proposed_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    proposed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    examined_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    examined_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    approved_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    published_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    returned_because = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    check = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    checked_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    manifest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    manifest_signature = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_versions", x => x.id);
                    table.ForeignKey(
                        name: "fk_dataset_versions_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "download_counts",
                schema: "open_data",
                columns: table => new
                {
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_download_counts", x => new { x.dataset_id, x.day });
                    table.ForeignKey(
                        name: "fk_download_counts_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "live_datasets",
                schema: "open_data",
                columns: table => new
                {
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    quiet_minutes = table.Column<int>(type: "INTEGER", nullable: false),
                    bound_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    bound_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    batches = table.Column<long>(type: "INTEGER", nullable: false),
                    taken_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    granted_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    pending_version_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    content = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    accepted = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    held_since = table.Column<DateTime>(type: "TEXT", nullable: true),
                    torn = table.Column<int>(type: "INTEGER", nullable: false),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    problem_detail = table.Column<string>(type: "TEXT", maxLength: 300, nullable: true),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_live_datasets", x => x.dataset_id);
                    table.ForeignKey(
                        name: "fk_live_datasets_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "public_resources",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    version_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    position = table.Column<int>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    format = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    has_table = table.Column<bool>(type: "INTEGER", nullable: false),
                    has_places = table.Column<bool>(type: "INTEGER", nullable: false),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    is_given = table.Column<bool>(type: "INTEGER", nullable: false),
                    resource = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_public_resources", x => x.id);
                    table.ForeignKey(
                        name: "fk_public_resources_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "quality_scores",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    publisher_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    day = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    version_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    metadata = table.Column<int>(type: "INTEGER", nullable: false),
                    content = table.Column<int>(type: "INTEGER", nullable: false),
                    overall = table.Column<int>(type: "INTEGER", nullable: false),
                    is_latest = table.Column<bool>(type: "INTEGER", nullable: false),
                    details = table.Column<string>(type: "TEXT", nullable: false),
                    computed_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quality_scores", x => x.id);
                    table.ForeignKey(
                        name: "fk_quality_scores_datasets_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "open_data",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "comparison_passes",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    reconciliation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    role = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    leaves = table.Column<byte[]>(type: "BLOB", nullable: true),
                    document = table.Column<string>(type: "TEXT", nullable: true),
                    salt = table.Column<byte[]>(type: "BLOB", nullable: true),
                    asked_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    head = table.Column<string>(type: "TEXT", nullable: true),
                    answer = table.Column<byte[]>(type: "BLOB", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_comparison_passes", x => x.id);
                    table.ForeignKey(
                        name: "fk_comparison_passes_front_end_nodes_node_id",
                        column: x => x.node_id,
                        principalSchema: "exchange",
                        principalTable: "front_end_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_comparison_passes_reconciliations_reconciliation_id",
                        column: x => x.reconciliation_id,
                        principalSchema: "exchange",
                        principalTable: "reconciliations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "data_sources",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    connection = table.Column<byte[]>(type: "BLOB", nullable: true),
                    problem = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    seen_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_sources", x => x.id);
                    table.ForeignKey(
                        name: "fk_data_sources_front_end_nodes_node_id",
                        column: x => x.node_id,
                        principalSchema: "exchange",
                        principalTable: "front_end_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_data_sources_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "node_certificates",
                schema: "exchange",
                columns: table => new
                {
                    serial = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    certificate = table.Column<byte[]>(type: "BLOB", nullable: false),
                    public_key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    not_before = table.Column<DateTime>(type: "TEXT", nullable: false),
                    not_after = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revoked_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_node_certificates", x => x.serial);
                    table.ForeignKey(
                        name: "fk_node_certificates_front_end_nodes_node_id",
                        column: x => x.node_id,
                        principalSchema: "exchange",
                        principalTable: "front_end_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "harvest_conflicts",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    source_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    identifier = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    harvested_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    other_harvested_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    other_source_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    dataset_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    detail = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    found_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_harvest_conflicts", x => x.id);
                    table.ForeignKey(
                        name: "fk_harvest_conflicts_harvest_sources_source_id",
                        column: x => x.source_id,
                        principalSchema: "open_data",
                        principalTable: "harvest_sources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "harvest_runs",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    source_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    step_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    position = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    page_size = table.Column<int>(type: "INTEGER", nullable: false),
                    pages = table.Column<int>(type: "INTEGER", nullable: false),
                    failures = table.Column<int>(type: "INTEGER", nullable: false),
                    not_before = table.Column<DateTime>(type: "TEXT", nullable: true),
                    seen = table.Column<int>(type: "INTEGER", nullable: false),
                    added = table.Column<int>(type: "INTEGER", nullable: false),
                    changed = table.Column<int>(type: "INTEGER", nullable: false),
                    unchanged = table.Column<int>(type: "INTEGER", nullable: false),
                    withdrawn = table.Column<int>(type: "INTEGER", nullable: false),
                    refused = table.Column<int>(type: "INTEGER", nullable: false),
                    fault = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    fault_detail = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    notes = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_harvest_runs", x => x.id);
                    table.ForeignKey(
                        name: "fk_harvest_runs_harvest_sources_source_id",
                        column: x => x.source_id,
                        principalSchema: "open_data",
                        principalTable: "harvest_sources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "harvested_datasets",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    source_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    identifier = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    uuid = table.Column<Guid>(type: "TEXT", nullable: true),
                    hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    is_present = table.Column<bool>(type: "INTEGER", nullable: false),
                    description = table.Column<string>(type: "TEXT", nullable: false),
                    correction = table.Column<string>(type: "TEXT", nullable: true),
                    corrected_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    is_shown = table.Column<bool>(type: "INTEGER", nullable: false),
                    licence = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    theme_list = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    format_list = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    distributions = table.Column<int>(type: "INTEGER", nullable: false),
                    first_seen_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    modified_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    changed_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    seen_in = table.Column<Guid>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_harvested_datasets", x => x.id);
                    table.ForeignKey(
                        name: "fk_harvested_datasets_harvest_sources_source_id",
                        column: x => x.source_id,
                        principalSchema: "open_data",
                        principalTable: "harvest_sources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "information_items",
                schema: "catalogue",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    position = table.Column<int>(type: "INTEGER", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    column = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    type = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    length = table.Column<int>(type: "INTEGER", nullable: true),
                    is_key = table.Column<bool>(type: "INTEGER", nullable: false),
                    sharing_type = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    mask = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    mask_keep = table.Column<int>(type: "INTEGER", nullable: true),
                    check = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    codes = table.Column<string>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false)
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
                name: "service_descriptions",
                schema: "catalogue",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_service_descriptions", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_service_descriptions_information_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "catalogue",
                        principalTable: "information_resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "legacy_systems",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    purpose = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    room_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    servers = table.Column<int>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    target_date = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    system_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    declared_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_legacy_systems", x => x.id);
                    table.ForeignKey(
                        name: "fk_legacy_systems_business_systems_system_id",
                        column: x => x.system_id,
                        principalSchema: "cloud",
                        principalTable: "business_systems",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_legacy_systems_machine_rooms_room_id",
                        column: x => x.room_id,
                        principalSchema: "cloud",
                        principalTable: "machine_rooms",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_legacy_systems_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "notice_reads",
                schema: "kernel",
                columns: table => new
                {
                    notice_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    reader_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notice_reads", x => new { x.notice_id, x.reader_id });
                    table.ForeignKey(
                        name: "fk_notice_reads_notices_notice_id",
                        column: x => x.notice_id,
                        principalSchema: "kernel",
                        principalTable: "notices",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "officer_claims",
                schema: "kernel",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    claim_type = table.Column<string>(type: "TEXT", nullable: true),
                    claim_value = table.Column<string>(type: "TEXT", nullable: true)
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
                    login_provider = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    provider_key = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    provider_display_name = table.Column<string>(type: "TEXT", nullable: true),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false)
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
                    credential_id = table.Column<byte[]>(type: "BLOB", maxLength: 1024, nullable: false),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    data = table.Column<string>(type: "TEXT", nullable: false)
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
                    officer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
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
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    login_provider = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: true)
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
                    officer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    role = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    granted_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    granted_by = table.Column<Guid>(type: "TEXT", nullable: false)
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

            migrationBuilder.CreateTable(
                name: "review_delegations",
                schema: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    officer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    deputy_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    valid_from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    valid_until = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    made_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_delegations", x => x.id);
                    table.ForeignKey(
                        name: "fk_review_delegations_officers_deputy_id",
                        column: x => x.deputy_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_review_delegations_officers_officer_id",
                        column: x => x.officer_id,
                        principalSchema: "kernel",
                        principalTable: "officers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "holds",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    moving_to = table.Column<Guid>(type: "TEXT", nullable: true),
                    amounts = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    expires_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    released_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_holds", x => x.id);
                    table.ForeignKey(
                        name: "fk_holds_quota_nodes_node_id",
                        column: x => x.node_id,
                        principalSchema: "cloud",
                        principalTable: "quota_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "quota_counters",
                schema: "cloud",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    limit = table.Column<long>(type: "INTEGER", nullable: true),
                    reserved = table.Column<long>(type: "INTEGER", nullable: false),
                    active = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_quota_counters", x => new { x.node_id, x.kind });
                    table.CheckConstraint("ck_quota_counters_not_negative", "reserved >= 0 AND active >= 0");
                    table.ForeignKey(
                        name: "fk_quota_counters_quota_nodes_node_id",
                        column: x => x.node_id,
                        principalSchema: "cloud",
                        principalTable: "quota_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "host_claims",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    pool_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    host_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    amounts = table.Column<string>(type: "TEXT", nullable: false),
                    spread_group = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    released_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_host_claims", x => x.id);
                    table.ForeignKey(
                        name: "fk_host_claims_hosts_host_id",
                        column: x => x.host_id,
                        principalSchema: "cloud",
                        principalTable: "hosts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "host_inventories",
                schema: "cloud",
                columns: table => new
                {
                    host_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    total = table.Column<long>(type: "INTEGER", nullable: false),
                    reserved = table.Column<long>(type: "INTEGER", nullable: false),
                    capacity = table.Column<long>(type: "INTEGER", nullable: false),
                    used = table.Column<long>(type: "INTEGER", nullable: false),
                    is_open = table.Column<bool>(type: "INTEGER", nullable: false),
                    generation = table.Column<long>(type: "INTEGER", nullable: false),
                    set_generation = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_host_inventories", x => new { x.host_id, x.kind });
                    table.CheckConstraint("ck_host_inventories_not_negative", "used >= 0");
                    table.ForeignKey(
                        name: "fk_host_inventories_hosts_host_id",
                        column: x => x.host_id,
                        principalSchema: "cloud",
                        principalTable: "hosts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "bill_corrections",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    line_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    month = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    quantity = table.Column<decimal>(type: "TEXT", precision: 20, scale: 8, nullable: false),
                    difference = table.Column<decimal>(type: "TEXT", precision: 20, scale: 8, nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    asked_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    asked_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    billed_in = table.Column<Guid>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bill_corrections", x => x.id);
                    table.ForeignKey(
                        name: "fk_bill_corrections_bill_lines_line_id",
                        column: x => x.line_id,
                        principalSchema: "cloud",
                        principalTable: "bill_lines",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_bill_corrections_bills_billed_in",
                        column: x => x.billed_in,
                        principalSchema: "cloud",
                        principalTable: "bills",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "order_user_data",
                schema: "cloud",
                columns: table => new
                {
                    order_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    item = table.Column<int>(type: "INTEGER", nullable: false),
                    @sealed = table.Column<byte[]>(name: "sealed", type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_order_user_data", x => new { x.order_id, x.item });
                    table.ForeignKey(
                        name: "fk_order_user_data_orders_order_id",
                        column: x => x.order_id,
                        principalSchema: "cloud",
                        principalTable: "orders",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "osb_instances",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    consumer_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    remote_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    service_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    order_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    change_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_osb_instances", x => x.id);
                    table.ForeignKey(
                        name: "fk_osb_instances_orders_order_id",
                        column: x => x.order_id,
                        principalSchema: "cloud",
                        principalTable: "orders",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_osb_instances_osb_consumers_consumer_id",
                        column: x => x.consumer_id,
                        principalSchema: "cloud",
                        principalTable: "osb_consumers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "attended_services",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    provider_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    asked_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    note = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attended_services", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_attended_services_organisations_provider_id",
                        column: x => x.provider_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_attended_services_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "backup_plans",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    hour = table.Column<int>(type: "INTEGER", nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_backup_plans", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_backup_plans_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "brokered",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    instance_of = table.Column<Guid>(type: "TEXT", nullable: true),
                    broker_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    remote_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    offering_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    plan_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    parameters = table.Column<string>(type: "TEXT", maxLength: 100000, nullable: true),
                    ordered = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    next_plan_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    phase = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    operation = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: true),
                    awaited_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_unsure = table.Column<bool>(type: "INTEGER", nullable: false),
                    is_orphan = table.Column<bool>(type: "INTEGER", nullable: false),
                    is_adopted = table.Column<bool>(type: "INTEGER", nullable: false),
                    is_ending = table.Column<bool>(type: "INTEGER", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    problem = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    dashboard = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    credentials = table.Column<byte[]>(type: "BLOB", nullable: true),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_brokered", x => x.id);
                    table.ForeignKey(
                        name: "fk_brokered_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_brokered_service_brokers_broker_id",
                        column: x => x.broker_id,
                        principalSchema: "cloud",
                        principalTable: "service_brokers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "database_logins",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    password = table.Column<byte[]>(type: "BLOB", nullable: false),
                    is_ending = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_database_logins", x => x.id);
                    table.ForeignKey(
                        name: "fk_database_logins_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "managed_databases",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    server_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    draft = table.Column<string>(type: "TEXT", maxLength: 27, nullable: false),
                    password = table.Column<byte[]>(type: "BLOB", nullable: false),
                    generation = table.Column<int>(type: "INTEGER", nullable: false),
                    size = table.Column<long>(type: "INTEGER", nullable: true),
                    is_full = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_managed_databases", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_managed_databases_database_servers_server_id",
                        column: x => x.server_id,
                        principalSchema: "cloud",
                        principalTable: "database_servers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_managed_databases_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "reclaim_exclusions",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    until = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    set_by = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reclaim_exclusions", x => x.id);
                    table.ForeignKey(
                        name: "fk_reclaim_exclusions_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "reclaims",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    rules = table.Column<int>(type: "INTEGER", nullable: false),
                    found_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    cpu_mean = table.Column<int>(type: "INTEGER", nullable: false),
                    cpu_peak = table.Column<int>(type: "INTEGER", nullable: false),
                    days = table.Column<int>(type: "INTEGER", nullable: false),
                    coverage = table.Column<int>(type: "INTEGER", nullable: false),
                    noticed_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    object_until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    objection = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    answer = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    stopped_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    remove_after = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ended_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ground = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reclaims", x => x.id);
                    table.ForeignKey(
                        name: "fk_reclaims_organisations_organisation_id",
                        column: x => x.organisation_id,
                        principalSchema: "kernel",
                        principalTable: "organisations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_reclaims_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "resource_backups",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    is_scheduled = table.Column<bool>(type: "INTEGER", nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    length = table.Column<long>(type: "INTEGER", nullable: false),
                    key = table.Column<byte[]>(type: "BLOB", nullable: false),
                    volumes = table.Column<string>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 150, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    expires_at = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_backups", x => x.id);
                    table.ForeignKey(
                        name: "fk_resource_backups_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "resource_drifts",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    rule = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    difference = table.Column<string>(type: "TEXT", maxLength: 20, nullable: true),
                    found_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_open = table.Column<bool>(type: "INTEGER", nullable: false),
                    cpus = table.Column<int>(type: "INTEGER", nullable: false),
                    memory_mi_b = table.Column<int>(type: "INTEGER", nullable: false),
                    disk_gi_b = table.Column<int>(type: "INTEGER", nullable: false),
                    is_running = table.Column<bool>(type: "INTEGER", nullable: false),
                    wanted = table.Column<string>(type: "TEXT", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_drifts", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_resource_drifts_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "resource_spans",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    from = table.Column<DateTime>(type: "TEXT", nullable: false),
                    until = table.Column<DateTime>(type: "TEXT", nullable: true),
                    is_running = table.Column<bool>(type: "INTEGER", nullable: false),
                    plan_code = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    amounts = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_spans", x => x.id);
                    table.ForeignKey(
                        name: "fk_resource_spans_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "resource_tasks",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    subject = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    asked_by = table.Column<Guid>(type: "TEXT", nullable: false),
                    asked_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    problem = table.Column<string>(type: "TEXT", maxLength: 60, nullable: true),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    done_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_tasks", x => x.id);
                    table.ForeignKey(
                        name: "fk_resource_tasks_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "sites",
                schema: "cloud",
                columns: table => new
                {
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    server = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    port = table.Column<int>(type: "INTEGER", nullable: false),
                    files = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    file_count = table.Column<int>(type: "INTEGER", nullable: false),
                    file_bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    uploaded_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sites", x => x.resource_id);
                    table.ForeignKey(
                        name: "fk_sites_resources_resource_id",
                        column: x => x.resource_id,
                        principalSchema: "cloud",
                        principalTable: "resources",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "data_request_votes",
                schema: "open_data",
                columns: table => new
                {
                    request_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    voice = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_request_votes", x => new { x.request_id, x.voice });
                    table.ForeignKey(
                        name: "fk_data_request_votes_data_requests_request_id",
                        column: x => x.request_id,
                        principalSchema: "open_data",
                        principalTable: "data_requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "check_runs",
                schema: "open_data",
                columns: table => new
                {
                    version_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    proposed_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    rows = table.Column<long>(type: "INTEGER", nullable: false),
                    rows_read = table.Column<long>(type: "INTEGER", nullable: false),
                    @checked = table.Column<string>(name: "checked", type: "TEXT", nullable: false),
                    started_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_check_runs", x => x.version_id);
                    table.ForeignKey(
                        name: "fk_check_runs_dataset_versions_version_id",
                        column: x => x.version_id,
                        principalSchema: "open_data",
                        principalTable: "dataset_versions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "opening_findings",
                schema: "open_data",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    version_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    content = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    column = table.Column<string>(type: "TEXT", maxLength: 300, nullable: true),
                    kind = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    severity = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    cells = table.Column<long>(type: "INTEGER", nullable: false),
                    share = table.Column<double>(type: "REAL", nullable: false),
                    sample = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    detail = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    found_at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    overridden_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    overridden_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ground = table.Column<string>(type: "TEXT", maxLength: 500, nullable: true),
                    legal_basis = table.Column<string>(type: "TEXT", maxLength: 300, nullable: true),
                    revision = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_opening_findings", x => x.id);
                    table.ForeignKey(
                        name: "fk_opening_findings_dataset_versions_version_id",
                        column: x => x.version_id,
                        principalSchema: "open_data",
                        principalTable: "dataset_versions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "intakes",
                schema: "exchange",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    agreement_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    data_source_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    schema = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    table = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    create_on_node = table.Column<bool>(type: "INTEGER", nullable: false),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    resource_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    organisation_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    data_source_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    schema = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    table = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    capture = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    encoding = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    watermark_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: true),
                    set_at = table.Column<DateTime>(type: "TEXT", nullable: false)
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
                name: "hold_movements",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    hold_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    node_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    from_depth = table.Column<int>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    reserved = table.Column<long>(type: "INTEGER", nullable: false),
                    active = table.Column<long>(type: "INTEGER", nullable: false),
                    step = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_hold_movements", x => x.id);
                    table.ForeignKey(
                        name: "fk_hold_movements_holds_hold_id",
                        column: x => x.hold_id,
                        principalSchema: "cloud",
                        principalTable: "holds",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "osb_bindings",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    instance_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    remote_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    digest = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    created_at = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_osb_bindings", x => x.id);
                    table.ForeignKey(
                        name: "fk_osb_bindings_osb_instances_instance_id",
                        column: x => x.instance_id,
                        principalSchema: "cloud",
                        principalTable: "osb_instances",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "broker_calls",
                schema: "cloud",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    brokered_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    act = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    remote_id = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    is_mitigation = table.Column<bool>(type: "INTEGER", nullable: false),
                    at = table.Column<DateTime>(type: "TEXT", nullable: false),
                    answered_at = table.Column<DateTime>(type: "TEXT", nullable: true),
                    status = table.Column<int>(type: "INTEGER", nullable: true),
                    verdict = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_broker_calls", x => x.id);
                    table.ForeignKey(
                        name: "fk_broker_calls_brokered_brokered_id",
                        column: x => x.brokered_id,
                        principalSchema: "cloud",
                        principalTable: "brokered",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_access_applications_dataset_id_key_id",
                schema: "open_data",
                table: "access_applications",
                columns: new[] { "dataset_id", "key_id" },
                unique: true,
                filter: "state IN ('Waiting', 'Granted')");

            migrationBuilder.CreateIndex(
                name: "ix_access_applications_dataset_id_state_due_on",
                schema: "open_data",
                table: "access_applications",
                columns: new[] { "dataset_id", "state", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_access_applications_key_id_dataset_id",
                schema: "open_data",
                table: "access_applications",
                columns: new[] { "key_id", "dataset_id" });

            migrationBuilder.CreateIndex(
                name: "ix_access_applications_state_until",
                schema: "open_data",
                table: "access_applications",
                columns: new[] { "state", "until" });

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
                name: "ix_alarms_agreement_id",
                schema: "exchange",
                table: "alarms",
                column: "agreement_id");

            migrationBuilder.CreateIndex(
                name: "ix_alarms_consumer_id",
                schema: "exchange",
                table: "alarms",
                column: "consumer_id");

            migrationBuilder.CreateIndex(
                name: "ix_alarms_open",
                schema: "exchange",
                table: "alarms",
                column: "open",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_alarms_provider_id",
                schema: "exchange",
                table: "alarms",
                column: "provider_id");

            migrationBuilder.CreateIndex(
                name: "ix_alarms_raised_at",
                schema: "exchange",
                table: "alarms",
                column: "raised_at");

            migrationBuilder.CreateIndex(
                name: "ix_api_clients_organisation_id_name",
                schema: "kernel",
                table: "api_clients",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_services_organisation_id_subsystem_code_service_code",
                schema: "exchange",
                table: "api_services",
                columns: new[] { "organisation_id", "subsystem_code", "service_code" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_services_resource_id",
                schema: "exchange",
                table: "api_services",
                column: "resource_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_app_uses_dataset_id",
                schema: "open_data",
                table: "app_uses",
                column: "dataset_id");

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
                name: "ix_attended_services_provider_id_asked_at",
                schema: "cloud",
                table: "attended_services",
                columns: new[] { "provider_id", "asked_at" });

            migrationBuilder.CreateIndex(
                name: "ix_back_fills_active_delivery_id",
                schema: "exchange",
                table: "back_fills",
                column: "active_delivery_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_back_fills_delivery_id_ordered_at",
                schema: "exchange",
                table: "back_fills",
                columns: new[] { "delivery_id", "ordered_at" });

            migrationBuilder.CreateIndex(
                name: "ix_backup_plans_next_at",
                schema: "cloud",
                table: "backup_plans",
                column: "next_at");

            migrationBuilder.CreateIndex(
                name: "ix_batches_delivery_id_received_at",
                schema: "exchange",
                table: "batches",
                columns: new[] { "delivery_id", "received_at" });

            migrationBuilder.CreateIndex(
                name: "ix_batches_sealed_at",
                schema: "exchange",
                table: "batches",
                column: "sealed_at",
                filter: "\"stamped_at\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_bill_corrections_billed_in",
                schema: "cloud",
                table: "bill_corrections",
                column: "billed_in");

            migrationBuilder.CreateIndex(
                name: "ix_bill_corrections_line_id",
                schema: "cloud",
                table: "bill_corrections",
                column: "line_id");

            migrationBuilder.CreateIndex(
                name: "ix_bill_lines_bill_id_position",
                schema: "cloud",
                table: "bill_lines",
                columns: new[] { "bill_id", "position" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_bills_month_organisation_id_node_id",
                schema: "cloud",
                table: "bills",
                columns: new[] { "month", "organisation_id", "node_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_bills_organisation_id",
                schema: "cloud",
                table: "bills",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_broker_calls_brokered_id_at",
                schema: "cloud",
                table: "broker_calls",
                columns: new[] { "brokered_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_brokered_broker_id",
                schema: "cloud",
                table: "brokered",
                column: "broker_id");

            migrationBuilder.CreateIndex(
                name: "ix_brokered_instance_of",
                schema: "cloud",
                table: "brokered",
                column: "instance_of",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_brokered_resource_id",
                schema: "cloud",
                table: "brokered",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_brokered_plans_broker_id",
                schema: "cloud",
                table: "brokered_plans",
                column: "broker_id");

            migrationBuilder.CreateIndex(
                name: "ix_business_systems_organisation_id_name",
                schema: "cloud",
                table: "business_systems",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_call_groups_consumer_seal_id",
                schema: "exchange",
                table: "call_groups",
                column: "consumer_seal_id");

            migrationBuilder.CreateIndex(
                name: "ix_call_groups_id",
                schema: "exchange",
                table: "call_groups",
                column: "id",
                filter: "\"provider_seal_id\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_call_groups_provider_seal_id",
                schema: "exchange",
                table: "call_groups",
                column: "provider_seal_id");

            migrationBuilder.CreateIndex(
                name: "ix_call_seals_key_id_side_sequence",
                schema: "exchange",
                table: "call_seals",
                columns: new[] { "key_id", "side", "sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_call_seals_sealed_at",
                schema: "exchange",
                table: "call_seals",
                column: "sealed_at",
                filter: "\"stamped_at\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_calls_agreement_id_received_at",
                schema: "exchange",
                table: "calls",
                columns: new[] { "agreement_id", "received_at" });

            migrationBuilder.CreateIndex(
                name: "ix_calls_group_id",
                schema: "exchange",
                table: "calls",
                column: "group_id");

            migrationBuilder.CreateIndex(
                name: "ix_calls_id",
                schema: "exchange",
                table: "calls",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_calls_message_id",
                schema: "exchange",
                table: "calls",
                column: "message_id");

            migrationBuilder.CreateIndex(
                name: "ix_checked_links_is_untold_organisation_id",
                schema: "open_data",
                table: "checked_links",
                columns: new[] { "is_untold", "organisation_id" });

            migrationBuilder.CreateIndex(
                name: "ix_checked_links_next_at",
                schema: "open_data",
                table: "checked_links",
                column: "next_at");

            migrationBuilder.CreateIndex(
                name: "ix_checked_links_organisation_id_state",
                schema: "open_data",
                table: "checked_links",
                columns: new[] { "organisation_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_checked_links_owner_id",
                schema: "open_data",
                table: "checked_links",
                column: "owner_id");

            migrationBuilder.CreateIndex(
                name: "ix_checked_links_state_checked_at",
                schema: "open_data",
                table: "checked_links",
                columns: new[] { "state", "checked_at" });

            migrationBuilder.CreateIndex(
                name: "ix_cloud_services_code",
                schema: "catalogue",
                table: "cloud_services",
                column: "code",
                unique: true,
                filter: "state = 'Draft'");

            migrationBuilder.CreateIndex(
                name: "ix_cloud_services_code_version",
                schema: "catalogue",
                table: "cloud_services",
                columns: new[] { "code", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_cloud_services_code1",
                schema: "catalogue",
                table: "cloud_services",
                column: "code",
                unique: true,
                filter: "state = 'Published'");

            migrationBuilder.CreateIndex(
                name: "ix_cloud_services_provider_id",
                schema: "catalogue",
                table: "cloud_services",
                column: "provider_id");

            migrationBuilder.CreateIndex(
                name: "ix_cloud_services_state_category",
                schema: "catalogue",
                table: "cloud_services",
                columns: new[] { "state", "category" });

            migrationBuilder.CreateIndex(
                name: "ix_comparison_passes_node_id",
                schema: "exchange",
                table: "comparison_passes",
                column: "node_id");

            migrationBuilder.CreateIndex(
                name: "ix_comparison_passes_reconciliation_id_number",
                schema: "exchange",
                table: "comparison_passes",
                columns: new[] { "reconciliation_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_corrections_consumer_id_state",
                schema: "exchange",
                table: "corrections",
                columns: new[] { "consumer_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_corrections_delivery_id_active_key",
                schema: "exchange",
                table: "corrections",
                columns: new[] { "delivery_id", "active_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_corrections_delivery_id_key_digest",
                schema: "exchange",
                table: "corrections",
                columns: new[] { "delivery_id", "key_digest" });

            migrationBuilder.CreateIndex(
                name: "ix_corrections_provider_id_state",
                schema: "exchange",
                table: "corrections",
                columns: new[] { "provider_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_data_requests_at",
                schema: "open_data",
                table: "data_requests",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_data_requests_dataset_id",
                schema: "open_data",
                table: "data_requests",
                column: "dataset_id");

            migrationBuilder.CreateIndex(
                name: "ix_data_requests_department_id_state_due_on",
                schema: "open_data",
                table: "data_requests",
                columns: new[] { "department_id", "state", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_data_requests_voice_state",
                schema: "open_data",
                table: "data_requests",
                columns: new[] { "voice", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_data_sources_node_id",
                schema: "exchange",
                table: "data_sources",
                column: "node_id");

            migrationBuilder.CreateIndex(
                name: "ix_data_sources_organisation_id_name",
                schema: "exchange",
                table: "data_sources",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_database_logins_resource_id",
                schema: "cloud",
                table: "database_logins",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_database_servers_name",
                schema: "cloud",
                table: "database_servers",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_database_servers_pool_id",
                schema: "cloud",
                table: "database_servers",
                column: "pool_id");

            migrationBuilder.CreateIndex(
                name: "ix_dataset_comments_dataset_id_state_at",
                schema: "open_data",
                table: "dataset_comments",
                columns: new[] { "dataset_id", "state", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_dataset_comments_state_at",
                schema: "open_data",
                table: "dataset_comments",
                columns: new[] { "state", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_dataset_subscriptions_dataset_id",
                schema: "open_data",
                table: "dataset_subscriptions",
                column: "dataset_id");

            migrationBuilder.CreateIndex(
                name: "ix_dataset_subscriptions_dead_since_next_at",
                schema: "open_data",
                table: "dataset_subscriptions",
                columns: new[] { "dead_since", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_dataset_subscriptions_key_id_at",
                schema: "open_data",
                table: "dataset_subscriptions",
                columns: new[] { "key_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_dataset_versions_dataset_id_number",
                schema: "open_data",
                table: "dataset_versions",
                columns: new[] { "dataset_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_dataset_versions_dataset_id_published_at",
                schema: "open_data",
                table: "dataset_versions",
                columns: new[] { "dataset_id", "published_at" });

            migrationBuilder.CreateIndex(
                name: "ix_dataset_versions_state_check",
                schema: "open_data",
                table: "dataset_versions",
                columns: new[] { "state", "check" });

            migrationBuilder.CreateIndex(
                name: "ix_datasets_facets",
                schema: "open_data",
                table: "datasets",
                columns: new[] { "state", "id", "publisher_id", "licence", "open_attribute", "update_cycle", "region", "theme_list", "format_list", "keyword_list", "modified_at" });

            migrationBuilder.CreateIndex(
                name: "ix_datasets_name",
                schema: "open_data",
                table: "datasets",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_datasets_newest",
                schema: "open_data",
                table: "datasets",
                columns: new[] { "state", "modified_at", "id", "publisher_id", "licence", "open_attribute", "update_cycle", "region", "theme_list", "format_list" },
                descending: new[] { false, true, false, false, false, false, false, false, false, false });

            migrationBuilder.CreateIndex(
                name: "ix_datasets_publisher_id",
                schema: "open_data",
                table: "datasets",
                column: "publisher_id");

            migrationBuilder.CreateIndex(
                name: "ix_datasets_resource_id",
                schema: "open_data",
                table: "datasets",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_datasets_state_rows_id",
                schema: "open_data",
                table: "datasets",
                columns: new[] { "state", "rows", "id" },
                descending: new[] { false, true, false });

            migrationBuilder.CreateIndex(
                name: "ix_datasets_state_title_id",
                schema: "open_data",
                table: "datasets",
                columns: new[] { "state", "title", "id" });

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
                name: "ix_developer_keys_created_at",
                schema: "open_data",
                table: "developer_keys",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_developer_keys_token_hash",
                schema: "open_data",
                table: "developer_keys",
                column: "token_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_download_counts_day",
                schema: "open_data",
                table: "download_counts",
                column: "day");

            migrationBuilder.CreateIndex(
                name: "ix_engine_orphans_pool_id_project_name",
                schema: "cloud",
                table: "engine_orphans",
                columns: new[] { "pool_id", "project", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_file_inboxes_organisation_id",
                schema: "exchange",
                table: "file_inboxes",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_file_recipients_agreement_id_state",
                schema: "exchange",
                table: "file_recipients",
                columns: new[] { "agreement_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_file_recipients_consumer_id_published_at",
                schema: "exchange",
                table: "file_recipients",
                columns: new[] { "consumer_id", "published_at" });

            migrationBuilder.CreateIndex(
                name: "ix_file_recipients_file_id_agreement_id",
                schema: "exchange",
                table: "file_recipients",
                columns: new[] { "file_id", "agreement_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_file_recipients_node_id_state",
                schema: "exchange",
                table: "file_recipients",
                columns: new[] { "node_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_files_is_left",
                schema: "exchange",
                table: "files",
                column: "is_left");

            migrationBuilder.CreateIndex(
                name: "ix_files_node_id_state",
                schema: "exchange",
                table: "files",
                columns: new[] { "node_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_files_origin",
                schema: "exchange",
                table: "files",
                column: "origin",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_files_provider_id_created_at",
                schema: "exchange",
                table: "files",
                columns: new[] { "provider_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_files_resource_id_state",
                schema: "exchange",
                table: "files",
                columns: new[] { "resource_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_files_state_next_check_at",
                schema: "exchange",
                table: "files",
                columns: new[] { "state", "next_check_at" });

            migrationBuilder.CreateIndex(
                name: "ix_front_end_nodes_organisation_id_name",
                schema: "exchange",
                table: "front_end_nodes",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_harvest_conflicts_found_at",
                schema: "open_data",
                table: "harvest_conflicts",
                column: "found_at");

            migrationBuilder.CreateIndex(
                name: "ix_harvest_conflicts_other_source_id",
                schema: "open_data",
                table: "harvest_conflicts",
                column: "other_source_id");

            migrationBuilder.CreateIndex(
                name: "ix_harvest_conflicts_source_id_kind_identifier",
                schema: "open_data",
                table: "harvest_conflicts",
                columns: new[] { "source_id", "kind", "identifier" });

            migrationBuilder.CreateIndex(
                name: "ix_harvest_runs_source_id_started_at",
                schema: "open_data",
                table: "harvest_runs",
                columns: new[] { "source_id", "started_at" });

            migrationBuilder.CreateIndex(
                name: "ix_harvest_runs_state_step_at",
                schema: "open_data",
                table: "harvest_runs",
                columns: new[] { "state", "step_at" });

            migrationBuilder.CreateIndex(
                name: "ix_harvest_sources_active_key",
                schema: "open_data",
                table: "harvest_sources",
                column: "active_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_harvest_sources_created_at",
                schema: "open_data",
                table: "harvest_sources",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_harvest_sources_organisation_id",
                schema: "open_data",
                table: "harvest_sources",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_facets",
                schema: "open_data",
                table: "harvested_datasets",
                columns: new[] { "is_shown", "id", "source_id", "licence", "theme_list", "format_list", "modified_at" });

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_identifier",
                schema: "open_data",
                table: "harvested_datasets",
                column: "identifier");

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_is_shown_title_id",
                schema: "open_data",
                table: "harvested_datasets",
                columns: new[] { "is_shown", "title", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_newest",
                schema: "open_data",
                table: "harvested_datasets",
                columns: new[] { "is_shown", "modified_at", "id", "source_id", "licence", "theme_list", "format_list" },
                descending: new[] { false, true, false, false, false, false, false });

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_source_id_identifier",
                schema: "open_data",
                table: "harvested_datasets",
                columns: new[] { "source_id", "identifier" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_harvested_datasets_title",
                schema: "open_data",
                table: "harvested_datasets",
                column: "title");

            migrationBuilder.CreateIndex(
                name: "ix_hold_movements_hold_id",
                schema: "cloud",
                table: "hold_movements",
                column: "hold_id");

            migrationBuilder.CreateIndex(
                name: "ix_holds_consumer_id",
                schema: "cloud",
                table: "holds",
                column: "consumer_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_holds_node_id",
                schema: "cloud",
                table: "holds",
                column: "node_id");

            migrationBuilder.CreateIndex(
                name: "ix_holds_state_expires_at",
                schema: "cloud",
                table: "holds",
                columns: new[] { "state", "expires_at" });

            migrationBuilder.CreateIndex(
                name: "ix_host_claims_consumer_id",
                schema: "cloud",
                table: "host_claims",
                column: "consumer_id");

            migrationBuilder.CreateIndex(
                name: "ix_host_claims_host_id",
                schema: "cloud",
                table: "host_claims",
                column: "host_id");

            migrationBuilder.CreateIndex(
                name: "ix_host_claims_spread_group_host_id",
                schema: "cloud",
                table: "host_claims",
                columns: new[] { "spread_group", "host_id" },
                unique: true,
                filter: "spread_group IS NOT NULL AND released_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_host_inventories_generation",
                schema: "cloud",
                table: "host_inventories",
                column: "generation");

            migrationBuilder.CreateIndex(
                name: "ix_hosts_pool_id_name",
                schema: "cloud",
                table: "hosts",
                columns: new[] { "pool_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_at",
                schema: "kernel",
                table: "idempotency_keys",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_import_jobs_active_resource_id",
                schema: "open_data",
                table: "import_jobs",
                column: "active_resource_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_import_jobs_state_created_at",
                schema: "open_data",
                table: "import_jobs",
                columns: new[] { "state", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_import_jobs_version_id_created_at",
                schema: "open_data",
                table: "import_jobs",
                columns: new[] { "version_id", "created_at" });

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
                name: "ix_information_systems_client_id",
                schema: "exchange",
                table: "information_systems",
                column: "client_id");

            migrationBuilder.CreateIndex(
                name: "ix_information_systems_organisation_id_subsystem_code",
                schema: "exchange",
                table: "information_systems",
                columns: new[] { "organisation_id", "subsystem_code" },
                unique: true);

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
                name: "ix_key_notices_key_id_at",
                schema: "open_data",
                table: "key_notices",
                columns: new[] { "key_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_key_usages_day",
                schema: "open_data",
                table: "key_usages",
                column: "day");

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
                name: "ix_legacy_systems_organisation_id_name",
                schema: "cloud",
                table: "legacy_systems",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_legacy_systems_room_id",
                schema: "cloud",
                table: "legacy_systems",
                column: "room_id");

            migrationBuilder.CreateIndex(
                name: "ix_legacy_systems_system_id",
                schema: "cloud",
                table: "legacy_systems",
                column: "system_id");

            migrationBuilder.CreateIndex(
                name: "ix_live_datasets_state_next_at",
                schema: "open_data",
                table: "live_datasets",
                columns: new[] { "state", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_machine_rooms_organisation_id_name",
                schema: "cloud",
                table: "machine_rooms",
                columns: new[] { "organisation_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_mail_subscriptions_address_mark_topic_topic_id",
                schema: "open_data",
                table: "mail_subscriptions",
                columns: new[] { "address_mark", "topic", "topic_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_mail_subscriptions_token_hash",
                schema: "open_data",
                table: "mail_subscriptions",
                column: "token_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_mail_subscriptions_topic_rhythm_next_at",
                schema: "open_data",
                table: "mail_subscriptions",
                columns: new[] { "topic", "rhythm", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_mail_subscriptions_topic_topic_id",
                schema: "open_data",
                table: "mail_subscriptions",
                columns: new[] { "topic", "topic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_managed_databases_server_id",
                schema: "cloud",
                table: "managed_databases",
                column: "server_id");

            migrationBuilder.CreateIndex(
                name: "ix_member_certificates_organisation_id",
                schema: "exchange",
                table: "member_certificates",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_member_certificates_serial",
                schema: "exchange",
                table: "member_certificates",
                column: "serial",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_meter_days_day",
                schema: "cloud",
                table: "meter_days",
                column: "day");

            migrationBuilder.CreateIndex(
                name: "ix_meter_days_day1",
                schema: "cloud",
                table: "meter_days",
                column: "day",
                filter: "NOT is_closed");

            migrationBuilder.CreateIndex(
                name: "ix_meter_minutes_hour",
                schema: "cloud",
                table: "meter_minutes",
                column: "hour");

            migrationBuilder.CreateIndex(
                name: "ix_meter_sheets_hour",
                schema: "cloud",
                table: "meter_sheets",
                column: "hour");

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
                name: "ix_node_certificates_node_id",
                schema: "exchange",
                table: "node_certificates",
                column: "node_id");

            migrationBuilder.CreateIndex(
                name: "ix_node_nonces_at",
                schema: "exchange",
                table: "node_nonces",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_notices_at",
                schema: "kernel",
                table: "notices",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_notices_organisation_id_at",
                schema: "kernel",
                table: "notices",
                columns: new[] { "organisation_id", "at" });

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
                name: "ix_opening_findings_version_id_severity",
                schema: "open_data",
                table: "opening_findings",
                columns: new[] { "version_id", "severity" });

            migrationBuilder.CreateIndex(
                name: "ix_orders_number",
                schema: "cloud",
                table: "orders",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_orders_organisation_id_created_at",
                schema: "cloud",
                table: "orders",
                columns: new[] { "organisation_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_orders_provider_id",
                schema: "cloud",
                table: "orders",
                column: "provider_id");

            migrationBuilder.CreateIndex(
                name: "ix_orders_resource_id",
                schema: "cloud",
                table: "orders",
                column: "resource_id",
                unique: true,
                filter: "resource_id IS NOT NULL AND state IN ('Draft', 'Submitted')");

            migrationBuilder.CreateIndex(
                name: "ix_orders_state_submitted_at",
                schema: "cloud",
                table: "orders",
                columns: new[] { "state", "submitted_at" });

            migrationBuilder.CreateIndex(
                name: "ix_orders_system_id",
                schema: "cloud",
                table: "orders",
                column: "system_id");

            migrationBuilder.CreateIndex(
                name: "ix_organisation_keys_node_id",
                schema: "kernel",
                table: "organisation_keys",
                column: "node_id");

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
                name: "ix_osb_bindings_instance_id_remote_id",
                schema: "cloud",
                table: "osb_bindings",
                columns: new[] { "instance_id", "remote_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_osb_consumers_name",
                schema: "cloud",
                table: "osb_consumers",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_osb_consumers_organisation_id",
                schema: "cloud",
                table: "osb_consumers",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_osb_consumers_system_id",
                schema: "cloud",
                table: "osb_consumers",
                column: "system_id");

            migrationBuilder.CreateIndex(
                name: "ix_osb_instances_consumer_id_remote_id",
                schema: "cloud",
                table: "osb_instances",
                columns: new[] { "consumer_id", "remote_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_osb_instances_order_id",
                schema: "cloud",
                table: "osb_instances",
                column: "order_id");

            migrationBuilder.CreateIndex(
                name: "ix_outgoing_mails_address_mark_at",
                schema: "kernel",
                table: "outgoing_mails",
                columns: new[] { "address_mark", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_outgoing_mails_ended_at",
                schema: "kernel",
                table: "outgoing_mails",
                column: "ended_at");

            migrationBuilder.CreateIndex(
                name: "ix_outgoing_mails_state_next_at",
                schema: "kernel",
                table: "outgoing_mails",
                columns: new[] { "state", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_placement_records_consumer_id",
                schema: "cloud",
                table: "placement_records",
                column: "consumer_id");

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
                name: "ix_price_series_service_code_plan_code_meter",
                schema: "catalogue",
                table: "price_series",
                columns: new[] { "service_code", "plan_code", "meter" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_public_resources_dataset_id_position",
                schema: "open_data",
                table: "public_resources",
                columns: new[] { "dataset_id", "position" });

            migrationBuilder.CreateIndex(
                name: "ix_quality_scores_dataset_id_day",
                schema: "open_data",
                table: "quality_scores",
                columns: new[] { "dataset_id", "day" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_quality_scores_is_latest_publisher_id",
                schema: "open_data",
                table: "quality_scores",
                columns: new[] { "is_latest", "publisher_id" });

            migrationBuilder.CreateIndex(
                name: "ix_quarantine_delivery_id_key_digest",
                schema: "exchange",
                table: "quarantine",
                columns: new[] { "delivery_id", "key_digest" });

            migrationBuilder.CreateIndex(
                name: "ix_quarantine_delivery_id_state_at",
                schema: "exchange",
                table: "quarantine",
                columns: new[] { "delivery_id", "state", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_quota_nodes_key",
                schema: "cloud",
                table: "quota_nodes",
                column: "key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_quota_nodes_organisation_id",
                schema: "cloud",
                table: "quota_nodes",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_quota_nodes_parent_id",
                schema: "cloud",
                table: "quota_nodes",
                column: "parent_id");

            migrationBuilder.CreateIndex(
                name: "ix_quota_nodes_path",
                schema: "cloud",
                table: "quota_nodes",
                column: "path",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_quota_nodes_region",
                schema: "cloud",
                table: "quota_nodes",
                column: "region");

            migrationBuilder.CreateIndex(
                name: "ix_quota_recounts_at",
                schema: "cloud",
                table: "quota_recounts",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_reclaim_exclusions_resource_id",
                schema: "cloud",
                table: "reclaim_exclusions",
                column: "resource_id");

            migrationBuilder.CreateIndex(
                name: "ix_reclaims_organisation_id",
                schema: "cloud",
                table: "reclaims",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_reclaims_resource_id",
                schema: "cloud",
                table: "reclaims",
                column: "resource_id",
                unique: true,
                filter: "ended_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_reclaims_state_found_at",
                schema: "cloud",
                table: "reclaims",
                columns: new[] { "state", "found_at" });

            migrationBuilder.CreateIndex(
                name: "ix_reconciliations_active_delivery_id",
                schema: "exchange",
                table: "reconciliations",
                column: "active_delivery_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_reconciliations_delivery_id_day",
                schema: "exchange",
                table: "reconciliations",
                columns: new[] { "delivery_id", "day" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_reconciliations_delivery_id_requested_at",
                schema: "exchange",
                table: "reconciliations",
                columns: new[] { "delivery_id", "requested_at" });

            migrationBuilder.CreateIndex(
                name: "ix_regions_parent",
                schema: "kernel",
                table: "regions",
                column: "parent");

            migrationBuilder.CreateIndex(
                name: "ix_resource_backups_expires_at",
                schema: "cloud",
                table: "resource_backups",
                column: "expires_at");

            migrationBuilder.CreateIndex(
                name: "ix_resource_backups_resource_id_name",
                schema: "cloud",
                table: "resource_backups",
                columns: new[] { "resource_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_resource_drifts_found_at_resource_id",
                schema: "cloud",
                table: "resource_drifts",
                columns: new[] { "found_at", "resource_id" });

            migrationBuilder.CreateIndex(
                name: "ix_resource_pools_name",
                schema: "cloud",
                table: "resource_pools",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_resource_pools_region",
                schema: "cloud",
                table: "resource_pools",
                column: "region");

            migrationBuilder.CreateIndex(
                name: "ix_resource_spans_resource_id",
                schema: "cloud",
                table: "resource_spans",
                column: "resource_id",
                unique: true,
                filter: "until IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_resource_spans_resource_id_from",
                schema: "cloud",
                table: "resource_spans",
                columns: new[] { "resource_id", "from" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_resource_tasks_next_at",
                schema: "cloud",
                table: "resource_tasks",
                column: "next_at");

            migrationBuilder.CreateIndex(
                name: "ix_resource_tasks_resource_id_asked_at",
                schema: "cloud",
                table: "resource_tasks",
                columns: new[] { "resource_id", "asked_at" });

            migrationBuilder.CreateIndex(
                name: "ix_resources_created_at_id",
                schema: "cloud",
                table: "resources",
                columns: new[] { "created_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_resources_next_at",
                schema: "cloud",
                table: "resources",
                column: "next_at");

            migrationBuilder.CreateIndex(
                name: "ix_resources_number",
                schema: "cloud",
                table: "resources",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_resources_order_id_item",
                schema: "cloud",
                table: "resources",
                columns: new[] { "order_id", "item" });

            migrationBuilder.CreateIndex(
                name: "ix_resources_organisation_id_state",
                schema: "cloud",
                table: "resources",
                columns: new[] { "organisation_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_resources_pool_id",
                schema: "cloud",
                table: "resources",
                column: "pool_id");

            migrationBuilder.CreateIndex(
                name: "ix_resources_root_id",
                schema: "cloud",
                table: "resources",
                column: "root_id");

            migrationBuilder.CreateIndex(
                name: "ix_resources_system_id",
                schema: "cloud",
                table: "resources",
                column: "system_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_chains_defined_at",
                schema: "agreements",
                table: "review_chains",
                column: "defined_at");

            migrationBuilder.CreateIndex(
                name: "ix_review_chains_kind_region_organisation_id_version",
                schema: "agreements",
                table: "review_chains",
                columns: new[] { "kind", "region", "organisation_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_review_delegations_deputy_id",
                schema: "agreements",
                table: "review_delegations",
                column: "deputy_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_delegations_officer_id",
                schema: "agreements",
                table: "review_delegations",
                column: "officer_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_delegations_organisation_id_made_at",
                schema: "agreements",
                table: "review_delegations",
                columns: new[] { "organisation_id", "made_at" });

            migrationBuilder.CreateIndex(
                name: "ix_reviews_applicant_id_state_due_on",
                schema: "agreements",
                table: "reviews",
                columns: new[] { "applicant_id", "state", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_reviews_chain_id",
                schema: "agreements",
                table: "reviews",
                column: "chain_id");

            migrationBuilder.CreateIndex(
                name: "ix_reviews_escalated_to_due_on",
                schema: "agreements",
                table: "reviews",
                columns: new[] { "escalated_to", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_reviews_kind_subject_id",
                schema: "agreements",
                table: "reviews",
                columns: new[] { "kind", "subject_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_reviews_reviewer_id_state_due_on",
                schema: "agreements",
                table: "reviews",
                columns: new[] { "reviewer_id", "state", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_reviews_state_next_warning_on",
                schema: "agreements",
                table: "reviews",
                columns: new[] { "state", "next_warning_on" });

            migrationBuilder.CreateIndex(
                name: "ix_search_entries_kind_subject",
                schema: "kernel",
                table: "search_entries",
                columns: new[] { "kind", "subject" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_service_brokers_name",
                schema: "cloud",
                table: "service_brokers",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_service_prices_series_id",
                schema: "catalogue",
                table: "service_prices",
                column: "series_id");

            migrationBuilder.CreateIndex(
                name: "ix_showcase_apps_key_id_state",
                schema: "open_data",
                table: "showcase_apps",
                columns: new[] { "key_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_showcase_apps_state_at",
                schema: "open_data",
                table: "showcase_apps",
                columns: new[] { "state", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_sites_name",
                schema: "cloud",
                table: "sites",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_statements_delivery_id_sequence",
                schema: "exchange",
                table: "statements",
                columns: new[] { "delivery_id", "sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_stored_objects_touched_at",
                schema: "kernel",
                table: "stored_objects",
                column: "touched_at");

            migrationBuilder.CreateIndex(
                name: "ix_tenant_networks_number",
                schema: "cloud",
                table: "tenant_networks",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_tenant_networks_organisation_id",
                schema: "cloud",
                table: "tenant_networks",
                column: "organisation_id");

            migrationBuilder.CreateIndex(
                name: "ix_terminal_leases_until",
                schema: "cloud",
                table: "terminal_leases",
                column: "until");

            migrationBuilder.CreateIndex(
                name: "ix_usage_records_is_rolled_up_id",
                schema: "kernel",
                table: "usage_records",
                columns: new[] { "is_rolled_up", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_usage_records_meter_at",
                schema: "kernel",
                table: "usage_records",
                columns: new[] { "meter", "at" });

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
                name: "access_applications",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "administrator_roles",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "agreements",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "alarms",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "api_quotas",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "api_services",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "app_uses",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "attended_services",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "back_fills",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "backup_plans",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "batches",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "bill_corrections",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "broker_calls",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "brokered_plans",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "calendar_days",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "calendar_years",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "call_groups",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "call_keys",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "calls",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "capacity_days",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "check_runs",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "checked_links",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "cloud_services",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "comparison_passes",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "corrections",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "data_request_votes",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "database_logins",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "dataset_comments",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "dataset_ratings",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "dataset_subscriptions",
                schema: "open_data");

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
                name: "download_counts",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "engine_orphans",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "file_inboxes",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "file_recipients",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "file_retentions",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "harvest_conflicts",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "harvest_runs",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "harvested_datasets",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "hold_movements",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "host_claims",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "host_inventories",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "idempotency_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "import_jobs",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "information_items",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "information_systems",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "intakes",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "job_runs",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "key_notices",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "key_usages",
                schema: "open_data");

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
                name: "legacy_systems",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "link_sets",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "live_datasets",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "mail_subscriptions",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "managed_databases",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "member_certificates",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "meter_days",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "meter_latest",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "meter_minutes",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "meter_months",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "meter_sheets",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "mounts",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "node_certificates",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "node_nonces",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "notice_reads",
                schema: "kernel");

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
                name: "opening_findings",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "order_user_data",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "organisation_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "osb_bindings",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "outgoing_mails",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "placement_clock",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "placement_records",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "platform_keys",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "pool_sights",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "posts",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "public_resources",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "quality_scores",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "quality_secrets",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "quarantine",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "quota_counters",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "quota_recounts",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "reclaim_exclusions",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "reclaim_rules",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "reclaims",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resource_backups",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resource_drifts",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resource_kinds",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resource_spans",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resource_tasks",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "review_acts",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "review_delegations",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "review_stops",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "savings_methods",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "search_entries",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "seen_tables",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "service_descriptions",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "service_prices",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "sites",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "statements",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "tenant_networks",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "terminal_leases",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "timetables",
                schema: "exchange");

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
                name: "showcase_apps",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "bill_lines",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "brokered",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "call_seals",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "data_requests",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "files",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "harvest_sources",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "holds",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "hosts",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "api_clients",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "machine_rooms",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "database_servers",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "data_sources",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "notices",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "oauth_authorizations",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "stored_objects",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "dataset_versions",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "osb_instances",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "officers",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "reviews",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "information_resources",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "price_series",
                schema: "catalogue");

            migrationBuilder.DropTable(
                name: "reconciliations",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "developer_keys",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "bills",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "resources",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "service_brokers",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "quota_nodes",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "front_end_nodes",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "oauth_applications",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "datasets",
                schema: "open_data");

            migrationBuilder.DropTable(
                name: "orders",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "osb_consumers",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "review_chains",
                schema: "agreements");

            migrationBuilder.DropTable(
                name: "deliveries",
                schema: "exchange");

            migrationBuilder.DropTable(
                name: "resource_pools",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "business_systems",
                schema: "cloud");

            migrationBuilder.DropTable(
                name: "organisations",
                schema: "kernel");

            migrationBuilder.DropTable(
                name: "regions",
                schema: "kernel");
        }
    }
}
