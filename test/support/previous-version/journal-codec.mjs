// The journal's codec of version 0.1, bundled from its sources and frozen: the previous build, for the tests of an upgrade and
// a rollback. It is not edited; a new release replaces it with its own.
import { isUtf8 } from "node:buffer";
import avro from "avsc";
function schemaIdOf(bytes) {
	if (bytes.length < 5 || bytes[0] !== 0) return null;
	const id = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1);
	return id > 0 ? id : null;
}
// connector/avro/writer.ts
const firstBytes = 1024;
const exactBelow = 2 ** 52;
var AvroWriter = class {
	#bytes = Buffer.allocUnsafe(firstBytes);
	#at = 0;
	begin(schemaId) {
		this.#at = 0;
		this.#reserve(5);
		this.#bytes[0] = 0;
		this.#at = this.#bytes.writeInt32BE(schemaId, 1);
	}
	end() {
		return Buffer.from(this.#bytes.subarray(0, this.#at));
	}
	writeBoolean(value) {
		this.#reserve(1);
		this.#bytes[this.#at++] = value ? 1 : 0;
	}
	writeLong(value) {
		this.#reserve(10);
		if (value > -exactBelow && value < exactBelow) this.#writeNumber(Number(value));
		else this.#writeBigInt(BigInt(value));
	}
	writeIndex(index) {
		this.writeLong(index);
	}
	writeText(text) {
		const size = Buffer.byteLength(text);
		this.writeLong(size);
		this.#reserve(size);
		this.#at += this.#bytes.write(text, this.#at, size, "utf8");
	}
	writeBytes(bytes) {
		this.writeLong(bytes.length);
		this.#reserve(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}
	writeHex(digits) {
		const size = digits.length / 2;
		this.#reserve(size);
		this.#at += this.#bytes.write(digits, this.#at, size, "hex");
	}
	#writeNumber(value) {
		let rest = value >= 0 ? value * 2 : -value * 2 - 1;
		for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = rest % 128 | 128;
		for (; rest >= 128; rest >>>= 7) this.#bytes[this.#at++] = rest & 127 | 128;
		this.#bytes[this.#at++] = rest;
	}
	#writeBigInt(value) {
		let rest = BigInt.asUintN(64, value << 1n ^ value >> 63n);
		for (; rest >= 128n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
		this.#bytes[this.#at++] = Number(rest);
	}
	#reserve(size) {
		if (this.#at + size <= this.#bytes.length) return;
		const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
		this.#bytes.copy(larger, 0, 0, this.#at);
		this.#bytes = larger;
	}
};
// connector/flow/ports.ts
const journalEvents = [
	"sent",
	"updated",
	"ended",
	"healed",
	"skipped",
	"superseded",
	"parked",
	"retried",
	"rejected",
	"dead-lettered",
	"redriven"
];
// connector/kernel/position.ts
function partitionKey(topic, partition) {
	return `${topic}/${partition}`;
}
function splitPartitionKey(key) {
	const slash = key.lastIndexOf("/");
	return {
		topic: key.slice(0, slash),
		partition: Number(key.slice(slash + 1))
	};
}
function formatPosition(position) {
	return `${position.topic}/${position.partition}@${position.offset}`;
}
// connector/journal/schema.ts
const symbols = {
	event: journalEvents.map((event) => event.replaceAll("-", "_")),
	command: ["SEND", "UPDATE"],
	state: [
		"unknown",
		"live",
		"ended"
	],
	source: [
		"lsn",
		"binlog",
		"time"
	]
};
// connector/journal/encode.ts
var EntryEncoder = class {
	#schemaId;
	#writer = new AvroWriter();
	constructor(schemaId) {
		this.#schemaId = schemaId;
	}
	encode(entry) {
		const writer = this.#writer;
		const home = splitPartitionKey(entry.partition);
		writer.begin(this.#schemaId);
		writer.writeIndex(journalEvents.indexOf(entry.event));
		writer.writeLong(entry.at);
		writer.writeText(home.topic);
		writer.writeLong(home.partition);
		writePosition(writer, entry.position, home);
		writeOptional(writer, entry.requestId, (id) => writeRequestId(writer, id, 1));
		writeOptional(writer, entry.command, (command) => {
			writer.writeIndex(1);
			writer.writeIndex(symbols.command.indexOf(command));
		});
		writer.writeLong(entry.attempts);
		writeOptionalText(writer, entry.detail);
		writeState(writer, entry.state, home);
		writeOptional(writer, entry.owed, (owed) => {
			writer.writeIndex(1);
			writeOwed(writer, owed, entry, home);
		});
		return writer.end();
	}
};
function writeOptional(writer, value, write) {
	if (value === null) writer.writeIndex(0);
	else write(value);
}
function writeOptionalText(writer, text) {
	writer.writeIndex(text === null ? 0 : 1);
	if (text !== null) writer.writeText(text);
}
function writeOptionalInstant(writer, at) {
	writer.writeIndex(at === null ? 0 : 1);
	if (at !== null) writer.writeLong(at);
}
function writeOptionalBytes(writer, bytes) {
	writer.writeIndex(bytes === null ? 0 : 1);
	if (bytes !== null) writer.writeBytes(bytes);
}
function writePosition(writer, { topic, partition, offset }, home) {
	writeOptionalText(writer, topic === home.topic ? null : topic);
	writer.writeIndex(partition === home.partition ? 0 : 1);
	if (partition !== home.partition) writer.writeLong(partition);
	writer.writeLong(offset);
}
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const hexForm = /^[0-9a-f]{32}$/;
function writeRequestId(writer, id, first) {
	if (uuidForm.test(id)) {
		writer.writeIndex(first);
		writer.writeHex(id.replaceAll("-", ""));
	} else if (hexForm.test(id)) {
		writer.writeIndex(first + 1);
		writer.writeLong(16);
		writer.writeHex(id);
	} else {
		writer.writeIndex(first + 2);
		writer.writeText(id);
	}
}
function writeHash(writer, hash, first) {
	if (hexForm.test(hash)) {
		writer.writeIndex(first);
		writer.writeHex(hash);
	} else {
		writer.writeIndex(first + 1);
		writer.writeText(hash);
	}
}
function writeSource(writer, source) {
	writer.writeIndex(symbols.source.indexOf(source.kind));
	writer.writeLong(source.committedAt);
	writer.writeLong(source.kind === "lsn" ? source.lsn : source.kind === "binlog" ? source.offset : 0);
	writeOptionalText(writer, source.kind === "binlog" ? source.file : null);
	writer.writeLong(source.kind === "binlog" ? source.row : 0);
}
function writeState(writer, state, home) {
	const { kind, through, source, bizDate } = state;
	writer.writeIndex(symbols.state.indexOf(kind));
	writer.writeIndex(through === null ? 0 : 1);
	if (through !== null) writePosition(writer, through, home);
	writer.writeIndex(source === null ? 0 : 1);
	if (source !== null) writeSource(writer, source);
	writeOptionalInstant(writer, bizDate);
	writeOptional(writer, kind === "unknown" ? null : state.hash, (hash) => writeHash(writer, hash, 1));
	writeOptionalInstant(writer, kind === "unknown" ? state.mayExpireAt : kind === "live" ? state.expires : null);
	writer.writeBoolean(kind === "unknown" && state.mayBeEnded);
}
function writeOwed(writer, owed, { order }, home) {
	writeRecord(writer, owed.record);
	writeRequest(writer, owed.request, order, home);
	writer.writeLong(owed.heals);
	writer.writeLong(owed.attempts);
	writer.writeLong(owed.failures);
	writer.writeLong(owed.firstAttemptAt);
	writer.writeLong(owed.lastAttemptAt);
	writer.writeLong(owed.dueAt);
}
function writeRecord(writer, record) {
	writer.writeText(record.topic);
	writer.writeLong(record.partition);
	writer.writeLong(record.offset);
	writeOptionalBytes(writer, record.key);
	writeOptionalBytes(writer, record.value);
	writer.writeLong(record.timestamp);
	if (record.headers.length > 0) writer.writeLong(record.headers.length);
	for (const { name, value } of record.headers) {
		writer.writeText(name);
		writer.writeBytes(value);
	}
	writer.writeLong(0);
}
function writeRequest(writer, request, order, home) {
	const { body, change } = request;
	const { card } = change;
	writeRequestId(writer, request.requestId, 0);
	writer.writeIndex(symbols.command.indexOf(request.command));
	writer.writeLong(request.bizDate);
	writer.writeText(body);
	writeOptionalText(writer, membersIn(request) === card.members ? null : card.members);
	writeOptionalText(writer, change.merchantBizNo === order ? null : change.merchantBizNo);
	writer.writeText(card.template);
	writer.writeText(card.status);
	writer.writeBoolean(card.ends);
	writeOptionalInstant(writer, card.endDate);
	writeHash(writer, card.hash, 0);
	writer.writeLong(change.bizDate);
	writePosition(writer, change.position, home);
	writeSource(writer, change.source);
	writer.writeBoolean(change.snapshot);
	writer.writeBoolean(change.creates);
}
function membersIn(request) {
	const { requestId, command, bizDate, body } = request;
	const head = `{"requestId":"${requestId}","command":"${command}","bizDate":${bizDate},`;
	return body.slice(head.length, -1);
}
// connector/avro/cursor.ts
var MalformedAvro = class extends Error {
	constructor(problem) {
		super(problem);
		this.name = "MalformedAvro";
	}
};
const truncated = "the bytes end too early";
var AvroCursor = class AvroCursor {
	#bytes;
	#at;
	#continues = false;
	constructor(bytes, start) {
		this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#at = start;
	}
	get left() {
		return this.#bytes.length - this.#at;
	}
	readBoolean() {
		const byte = this.#readByte();
		if (byte > 1) throw new MalformedAvro("a boolean is neither 0 nor 1");
		return byte === 1;
	}
	readInt() {
		let bits = 0;
		for (let shift = 0; shift < 28; shift += 7) {
			const byte = this.#readByte();
			bits |= (byte & 127) << shift;
			if (byte < 128) return bits >>> 1 ^ -(bits & 1);
		}
		const last = this.#readByte();
		if (last > 15) throw new MalformedAvro("an int has more than 32 bits");
		bits |= last << 28;
		return bits >>> 1 ^ -(bits & 1);
	}
	readLong() {
		const low = this.#readBits(28);
		if (!this.#continues) return BigInt(low >>> 1 ^ -(low & 1));
		const middle = this.#readBits(28);
		if (!this.#continues && middle < 2 ** 25) {
			const bits = middle * 2 ** 28 + low;
			return BigInt(bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2);
		}
		const high = this.#continues ? this.#readHighBits() : 0;
		const bits = BigInt(high) << 56n | BigInt(middle) << 28n | BigInt(low);
		return bits >> 1n ^ -(bits & 1n);
	}
	readFloat() {
		return this.#bytes.readFloatLE(this.#take(4));
	}
	readDouble() {
		return this.#bytes.readDoubleLE(this.#take(8));
	}
	readText() {
		const size = this.#readSize();
		const start = this.#take(size);
		return this.#bytes.toString("utf8", start, start + size);
	}
	readBytes() {
		return this.readFixed(this.#readSize());
	}
	readFixed(size) {
		const start = this.#take(size);
		return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, size);
	}
	fork() {
		return new AvroCursor(this.#bytes, this.#at);
	}
	skip(size) {
		this.#take(size);
	}
	skipSized() {
		this.#take(this.#readSize());
	}
	skipLong() {
		this.#readBits(56);
		if (this.#continues) this.#readHighBits();
	}
	readIndex(count) {
		const index = this.readInt();
		if (index < 0 || index >= count) throw new MalformedAvro("a union or enum has no such branch");
		return index;
	}
	readBlockCount() {
		let count = this.readLong();
		if (count < 0n) {
			count = -count;
			this.readLong();
		}
		if (count > this.left) throw new MalformedAvro(truncated);
		return Number(count);
	}
	#readBits(bits) {
		let value = 0;
		for (let shift = 0; shift < bits; shift += 7) {
			const byte = this.#readByte();
			value |= (byte & 127) << shift;
			this.#continues = byte >= 128;
			if (!this.#continues) break;
		}
		return value;
	}
	#readHighBits() {
		const ninth = this.#readByte();
		if (ninth < 128) return ninth;
		const tenth = this.#readByte();
		if (tenth > 1) throw new MalformedAvro("a long has more than 64 bits");
		return ninth & 127 | tenth << 7;
	}
	#readSize() {
		const size = this.readInt();
		if (size < 0) throw new MalformedAvro("a length is negative");
		return size;
	}
	#take(size) {
		const start = this.#at;
		if (size > this.#bytes.length - start) throw new MalformedAvro(truncated);
		this.#at = start + size;
		return start;
	}
	#readByte() {
		const byte = this.#bytes[this.#at];
		if (byte === void 0) throw new MalformedAvro(truncated);
		this.#at++;
		return byte;
	}
};
// connector/kernel/assert.ts
var BrokenInvariant = class extends Error {
	constructor(invariant) {
		super(`broken invariant: ${invariant}. This is a defect of the connector: please report it with the log.`);
		this.name = "BrokenInvariant";
	}
};
function assert(condition, invariant) {
	if (!condition) throw new BrokenInvariant(invariant);
}
// connector/avro/annotated-type.ts
const annotations = new WeakMap();
function annotationOf(type) {
	return annotations.get(type);
}
function annotatingHook() {
	let underway = null;
	return (schema, options) => {
		if (typeof schema === "string" || Array.isArray(schema) || schema === underway) return void 0;
		const attributes = Object(schema);
		if (Array.isArray(attributes.fields)) for (const field of attributes.fields) delete field.default;
		underway = schema;
		const type = avro.Type.forSchema(schema, options);
		annotations.set(type, annotationIn(attributes));
		return type;
	};
}
function annotationIn(attributes) {
	const names = [attributes["connect.name"], attributes.logicalType].filter((name) => typeof name === "string");
	const parameters = Object(attributes["connect.parameters"]);
	return {
		names,
		scale: Number(attributes.scale ?? parameters.scale ?? 0)
	};
}
// connector/avro/decimal.ts
const bytesMax = 65536;
const scaleMax = 2e4;
function decimalText(unscaled, scale) {
	if (unscaled.length === 0 || unscaled.length > bytesMax) return null;
	if (!Number.isInteger(scale) || Math.abs(scale) > scaleMax) return null;
	return pointed(integerText(unscaled), scale);
}
function integerText(bytes) {
	if (bytes.length <= 6) return String(Buffer.from(bytes.buffer, bytes.byteOffset).readIntBE(0, bytes.length));
	const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
	return String(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}
function pointed(integer, scale) {
	if (scale === 0) return integer;
	if (scale < 0) return integer === "0" ? integer : integer + "0".repeat(-scale);
	const negative = integer.startsWith("-");
	const digits = (negative ? integer.slice(1) : integer).padStart(scale + 1, "0");
	const point = digits.length - scale;
	return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}
// connector/avro/moments.ts
const msOfDay$1 = 864e5;
function dateOfDays(days) {
	const date = new Date(days * msOfDay$1);
	return Number.isNaN(date.getTime()) ? BigInt(days) : date.toISOString().slice(0, -14);
}
function momentOf(units, perMs) {
	const ms = units % perMs < 0n ? units / perMs - 1n : units / perMs;
	const moment = new Date(Number(ms));
	return Number.isNaN(moment.getTime()) ? units : moment;
}
const isoMoment = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::\d\d){0,2})$/;
function momentOfText(text) {
	if (!isoMoment.test(text)) return text;
	const moment = new Date(text.replace(/^[+-]\d+/, (year) => `${year[0]}${year.slice(1).padStart(6, "0")}`));
	return Number.isNaN(moment.getTime()) ? text : moment;
}
function timeOfDay(units, digits) {
	const perSecond = 10n ** BigInt(digits);
	const magnitude = units < 0n ? -units : units;
	const seconds = Number(magnitude / perSecond);
	const fraction = (magnitude % perSecond).toString().padStart(digits, "0").replace(/0+$/, "");
	const text = [
		Math.floor(seconds / 3600),
		Math.floor(seconds / 60) % 60,
		seconds % 60
	].map((part) => String(part).padStart(2, "0")).join(":");
	return `${units < 0n ? "-" : ""}${text}${fraction && `.${fraction}`}`;
}
function withoutZone(text) {
	return text.endsWith("Z") ? text.slice(0, -1) : text;
}
// connector/avro/logical-types.ts
const days = (raw) => dateOfDays(raw);
const msOfDay = (raw) => timeOfDay(BigInt(raw), 3);
const usOfDay = (raw) => timeOfDay(raw, 6);
const msOfEpoch = (raw) => momentOf(raw, 1n);
const usOfEpoch = (raw) => momentOf(raw, 1000n);
const nsOfEpoch = (raw) => momentOf(raw, 1000000n);
const decimal = (raw, { scale }) => decimalText(raw, scale) ?? raw;
const ofInt = {
	"io.debezium.time.Date": days,
	"org.apache.kafka.connect.data.Date": days,
	date: days,
	"io.debezium.time.Time": msOfDay,
	"org.apache.kafka.connect.data.Time": msOfDay,
	"time-millis": msOfDay
};
const ofLong = {
	"io.debezium.time.Timestamp": msOfEpoch,
	"org.apache.kafka.connect.data.Timestamp": msOfEpoch,
	"timestamp-millis": msOfEpoch,
	"local-timestamp-millis": msOfEpoch,
	"io.debezium.time.MicroTimestamp": usOfEpoch,
	"timestamp-micros": usOfEpoch,
	"local-timestamp-micros": usOfEpoch,
	"io.debezium.time.NanoTimestamp": nsOfEpoch,
	"timestamp-nanos": nsOfEpoch,
	"local-timestamp-nanos": nsOfEpoch,
	"io.debezium.time.MicroTime": usOfDay,
	"time-micros": usOfDay,
	"io.debezium.time.NanoTime": (raw) => timeOfDay(raw, 9)
};
const ofText = {
	"io.debezium.time.ZonedTimestamp": momentOfText,
	"io.debezium.time.IsoTimestamp": momentOfText,
	"io.debezium.time.IsoDate": withoutZone,
	"io.debezium.time.IsoTime": withoutZone
};
const ofBytes = {
	"org.apache.kafka.connect.data.Decimal": decimal,
	decimal,
	uuid: (raw) => uuidText(raw) ?? raw
};
const ofRecord = { "io.debezium.data.VariableScaleDecimal": (raw) => raw.value instanceof Uint8Array ? decimalText(raw.value, Number(raw.scale)) ?? raw : raw };
function conversionIn(table, annotation) {
	const name = annotation?.names.find((name) => Object.hasOwn(table, name));
	const conversion = name === void 0 ? void 0 : table[name];
	return annotation && conversion && ((raw) => conversion(raw, annotation));
}
function uuidText(bytes) {
	if (bytes.length !== 16) return null;
	return Buffer.from(bytes).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
// connector/avro/reader.ts
function compileReader(type) {
	return new Compiler().reader(type);
}
var Compiler = class {
	#readers = new Map();
	reader(type) {
		const known = this.#readers.get(type);
		if (known !== void 0) return known;
		let compiled;
		this.#readers.set(type, (cursor) => {
			assert(compiled !== void 0, "a reader is used after it is compiled");
			return compiled(cursor);
		});
		compiled = this.#compile(type);
		this.#readers.set(type, compiled);
		return compiled;
	}
	#compile(type) {
		if (type instanceof avro.types.UnwrappedUnionType) return this.#union(type.types);
		if (type instanceof avro.types.WrappedUnionType) return this.#union(type.types);
		if (type instanceof avro.types.RecordType) return this.#record(type);
		if (type instanceof avro.types.ArrayType) return this.#array(type.itemsType);
		if (type instanceof avro.types.MapType) return this.#map(type.valuesType);
		if (type instanceof avro.types.EnumType) return enumReader(type.symbols);
		if (type instanceof avro.types.FixedType) return bytesReader(type, (cursor) => cursor.readFixed(type.size));
		return primitiveReader(type);
	}
	#union(branches) {
		const readers = branches.map((branch) => this.reader(branch));
		return (cursor) => {
			const read = readers[cursor.readIndex(readers.length)];
			assert(read !== void 0, "an index is below its count");
			return read(cursor);
		};
	}
	#record(type) {
		const fields = type.fields.map(({ name, type }) => ({
			name,
			read: this.reader(type)
		}));
		const read = (cursor) => {
			const values = {};
			for (const { name, read } of fields) put(values, name, read(cursor));
			return values;
		};
		const convert = conversionIn(ofRecord, annotationOf(type));
		return convert === void 0 ? read : (cursor) => convert(read(cursor));
	}
	#array(itemsType) {
		const read = this.reader(itemsType);
		return (cursor) => {
			const items = [];
			for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) for (; count > 0; count--) items.push(read(cursor));
			return items;
		};
	}
	#map(valuesType) {
		const read = this.reader(valuesType);
		return (cursor) => {
			const values = {};
			for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) for (; count > 0; count--) put(values, cursor.readText(), read(cursor));
			return values;
		};
	}
};
function put(values, name, value) {
	if (name !== "__proto__") values[name] = value;
}
function enumReader(symbols) {
	return (cursor) => symbols[cursor.readIndex(symbols.length)] ?? null;
}
function bytesReader(type, read) {
	const convert = conversionIn(ofBytes, annotationOf(type));
	return convert === void 0 ? read : (cursor) => convert(read(cursor));
}
function primitiveReader(type) {
	const annotation = annotationOf(type);
	switch (type.typeName) {
		case "null": return () => null;
		case "boolean": return (cursor) => cursor.readBoolean();
		case "int": {
			const convert = conversionIn(ofInt, annotation) ?? BigInt;
			return (cursor) => convert(cursor.readInt());
		}
		case "long": {
			const convert = conversionIn(ofLong, annotation);
			return convert === void 0 ? (cursor) => cursor.readLong() : (cursor) => convert(cursor.readLong());
		}
		case "float": return (cursor) => cursor.readFloat();
		case "double": return (cursor) => cursor.readDouble();
		case "string": {
			const convert = conversionIn(ofText, annotation);
			return convert === void 0 ? (cursor) => cursor.readText() : (cursor) => convert(cursor.readText());
		}
		default:
			assert(type.typeName === "bytes", `avsc has a type ${type.typeName}`);
			return bytesReader(type, (cursor) => cursor.readBytes());
	}
}
// connector/kernel/fault.ts
const faultTable = {
	SETTINGS_INVALID: {
		meaning: "the settings have problems",
		remedy: "mend each listed key and start again"
	},
	MAPPING_INVALID: {
		meaning: "a mapping has problems",
		remedy: "mend each listed expression and start again"
	},
	KEY_INVALID: {
		meaning: "a key file cannot be used",
		remedy: "give the key in the named form"
	},
	KAFKA_UNREACHABLE: {
		meaning: "no broker answers",
		remedy: "check kafka.brokers, the network, TLS and SASL"
	},
	KAFKA_REFUSED: {
		meaning: "the broker refuses a request",
		remedy: "check the rights of the Kafka user (read, write, describe, group)"
	},
	KAFKA_CONSUMER_STOPPED: {
		meaning: "the consumer stopped and does not restart",
		remedy: "see the cause; the process ends so that its supervisor starts it anew"
	},
	TOPIC_MISSING: {
		meaning: "a source topic does not exist",
		remedy: "start the Debezium connector first, or correct kafka.topics"
	},
	REGISTRY_UNREACHABLE: {
		meaning: "the schema registry does not answer",
		remedy: "check registry.url and its credentials; intake waits until it is back"
	},
	SCHEMA_REFUSED: {
		meaning: "the schema registry refuses our schema",
		remedy: "check the subject's compatibility rule and the rights of the registry's user"
	},
	SOURCE_RECORDS_LOST: {
		meaning: "records were removed from a source topic before they were read",
		remedy: "raise the topic's retention; compare the cards of the orders changed in that time with the database"
	},
	SOURCE_TOPIC_REMADE: {
		meaning: "a source topic ends before what was read of it: it was made anew, or lost records",
		remedy: "it is read from its beginning; was it made anew, name a new journal.topic, for the old one knows its old offsets"
	},
	JOURNAL_MISMATCH: {
		meaning: "the journal topic does not fit the source",
		remedy: "name a new journal.topic, or make it anew with the partition count and cleanup.policy that are named"
	},
	JOURNAL_UNWRITABLE: {
		meaning: "the journal cannot be written",
		remedy: "check that journal.topic may be written and its brokers are well; offsets are not committed before"
	},
	JOURNAL_UNREADABLE: {
		meaning: "a record of the journal cannot be read and is left out",
		remedy: "does anything else write to journal.topic? The order begins anew from its next change"
	},
	RECORD_UNDECODABLE: {
		meaning: "the bytes of a record cannot be read",
		remedy: "look at the dead letter; check the converter of the Debezium connector"
	},
	SCHEMA_UNKNOWN: {
		meaning: "the registry does not know the schema id of a record",
		remedy: "was the registry wiped or is registry.url another one than the producer uses?"
	},
	CHANGE_UNMAPPABLE: {
		meaning: "the mapping cannot make a card of a row",
		remedy: "mend the mapping or the row; then redrive the dead letter"
	},
	CARD_REJECTED: {
		meaning: "the platform refuses a card for good",
		remedy: "read the result code and message; mend the mapping or the row; then redrive"
	},
	RETRIES_EXHAUSTED: {
		meaning: "a delivery failed at every attempt",
		remedy: "look at the last answer; redrive when the platform is well"
	},
	CREDENTIALS_REFUSED: {
		meaning: "the platform refuses our client id, key or rights",
		remedy: "check platform.clientId, platform.privateKeyFile and platform.keyVersion; intake waits and probes"
	},
	PLATFORM_UNREACHABLE: {
		meaning: "most deliveries fail",
		remedy: "check platform.baseUrl and the network; intake waits and probes"
	},
	DEAD_LETTER_UNWRITABLE: {
		meaning: "a dead letter cannot be written",
		remedy: "check that deadLetters.topic exists and may be written; its offset is not committed before"
	},
	DEAD_LETTER_TOO_LARGE: {
		meaning: "a dead letter is larger than its topic takes, and is written without its value",
		remedy: "raise max.message.bytes of deadLetters.topic above that of the source topics; the record lies where it was read"
	}
};
var Fault = class extends Error {
	code;
	detail;
	at;
	order;
	remedy;
	constructor(code, context) {
		const where = context.at ? ` at ${formatPosition(context.at)}` : "";
		const whose = context.order ? ` (order ${context.order})` : "";
		super(`${code}${where}${whose}: ${faultTable[code].meaning}: ${context.detail}`, { cause: context.cause });
		this.name = "Fault";
		this.code = code;
		this.detail = context.detail;
		this.at = context.at;
		this.order = context.order;
		this.remedy = context.remedy ?? faultTable[code].remedy;
	}
};
// connector/order/change.ts
function merchantBizNo(text) {
	return text;
}
// connector/kernel/time.ts
function instant(ms) {
	return ms;
}
// connector/journal/entry.ts
var UnexpectedShape = class extends Error {
	constructor(field) {
		super(`its ${field} is not what was expected`);
		this.name = "UnexpectedShape";
	}
};
function entryOf(value, order) {
	const row = recordIn({ value }, "value");
	const home = {
		topic: text(row, "topic"),
		partition: integer(row, "partition")
	};
	return {
		partition: partitionKey(home.topic, home.partition),
		order,
		event: eventIn(row),
		position: positionOf(recordIn(row, "position"), home),
		at: moment(row, "at"),
		requestId: optional(row, "requestId", hexOrText),
		command: optional(row, "command", commandIn),
		attempts: integer(row, "attempts"),
		detail: optional(row, "detail", text),
		state: stateOf(recordIn(row, "state"), home),
		owed: optional(row, "owed", (from, field) => owedOf(recordIn(from, field), order, home))
	};
}
function positionOf(row, home) {
	return {
		topic: optional(row, "topic", text) ?? home.topic,
		partition: optional(row, "partition", integer) ?? home.partition,
		offset: long(row, "offset")
	};
}
function stateOf(row, home) {
	const through = optional(row, "through", (from, field) => positionOf(recordIn(from, field), home));
	const source = optional(row, "source", (from, field) => sourceOf(recordIn(from, field)));
	const bizDate = optional(row, "bizDate", moment);
	const expires = optional(row, "expires", moment);
	const kind = text(row, "kind");
	if (kind === "unknown") return {
		kind,
		through,
		source,
		bizDate,
		mayBeEnded: truth(row, "mayBeEnded"),
		mayExpireAt: expires
	};
	const hash = optional(row, "hash", hexOrText);
	if (through === null || source === null || bizDate === null) throw new UnexpectedShape("state");
	if (kind === "ended") return {
		kind,
		through,
		source,
		bizDate,
		hash
	};
	if (kind !== "live" || expires === null) throw new UnexpectedShape("state");
	return {
		kind,
		through,
		source,
		bizDate,
		hash,
		expires
	};
}
function sourceOf(row) {
	const committedAt = moment(row, "committedAt");
	const kind = text(row, "kind");
	switch (kind) {
		case "lsn": return {
			kind,
			lsn: long(row, "offset"),
			committedAt
		};
		case "binlog": return {
			kind,
			file: text(row, "file"),
			offset: long(row, "offset"),
			row: integer(row, "row"),
			committedAt
		};
		case "time": return {
			kind,
			committedAt
		};
		default: throw new UnexpectedShape("source");
	}
}
function owedOf(row, order, home) {
	return {
		record: sourceRecordOf(recordIn(row, "record")),
		request: requestOf(recordIn(row, "request"), order, home),
		heals: integer(row, "heals"),
		attempts: integer(row, "attempts"),
		failures: integer(row, "failures"),
		firstAttemptAt: moment(row, "firstAttemptAt"),
		lastAttemptAt: moment(row, "lastAttemptAt"),
		dueAt: moment(row, "dueAt")
	};
}
function sourceRecordOf(row) {
	return {
		topic: text(row, "topic"),
		partition: integer(row, "partition"),
		offset: long(row, "offset"),
		key: optional(row, "key", bytes),
		value: optional(row, "value", bytes),
		timestamp: moment(row, "timestamp"),
		headers: headersOf(row.headers)
	};
}
function headersOf(value) {
	if (!Array.isArray(value)) throw new UnexpectedShape("headers");
	return value.map((header) => {
		const row = recordIn({ header }, "header");
		return {
			name: text(row, "name"),
			value: bytes(row, "value")
		};
	});
}
function requestOf(row, order, home) {
	const request = {
		requestId: hexOrText(row, "requestId"),
		command: commandIn(row, "command"),
		bizDate: moment(row, "bizDate"),
		body: text(row, "body")
	};
	const own = optional(row, "merchantBizNo", text);
	return {
		...request,
		change: {
			merchantBizNo: own === null ? order : merchantBizNo(own),
			card: {
				template: text(row, "template"),
				status: text(row, "status"),
				ends: truth(row, "ends"),
				endDate: optional(row, "endDate", moment),
				members: optional(row, "members", text) ?? membersIn(request),
				hash: hexOrText(row, "hash")
			},
			bizDate: moment(row, "changedAt"),
			position: positionOf(recordIn(row, "position"), home),
			source: sourceOf(recordIn(row, "source")),
			snapshot: truth(row, "snapshot"),
			creates: truth(row, "creates")
		}
	};
}
const eventsBySymbol = new Map(journalEvents.map((event) => [event.replaceAll("-", "_"), event]));
function eventIn(row) {
	const event = eventsBySymbol.get(text(row, "event"));
	if (event === void 0) throw new UnexpectedShape("event");
	return event;
}
function commandIn(row, field) {
	const command = row[field];
	if (command !== "SEND" && command !== "UPDATE") throw new UnexpectedShape(field);
	return command;
}
function hexOrText(row, field) {
	const value = row[field];
	return value instanceof Uint8Array ? hexOf(value) : text(row, field);
}
function hexOf(bytes) {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
function optional(row, field, read) {
	const value = row[field];
	return value === null || value === void 0 ? null : read(row, field);
}
function text(row, field) {
	const value = row[field];
	if (typeof value !== "string") throw new UnexpectedShape(field);
	return value;
}
function long(row, field) {
	const value = row[field];
	if (typeof value !== "bigint") throw new UnexpectedShape(field);
	return value;
}
function integer(row, field) {
	return Number(long(row, field));
}
function moment(row, field) {
	const value = row[field];
	return value instanceof Date ? instant(value.getTime()) : instant(integer(row, field));
}
function truth(row, field) {
	const value = row[field];
	if (typeof value !== "boolean") throw new UnexpectedShape(field);
	return value;
}
function bytes(row, field) {
	const value = row[field];
	if (!(value instanceof Uint8Array)) throw new UnexpectedShape(field);
	return Uint8Array.from(value);
}
function recordIn(row, field) {
	const value = row[field];
	if (!(typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date || value instanceof Uint8Array))) throw new UnexpectedShape(field);
	return value;
}
// connector/journal/decode.ts
function createJournalDecoder(registry) {
	const readers = new WeakMap();
	function readerOf(type) {
		const known = readers.get(type);
		if (known !== void 0) return known;
		const fresh = compileReader(type);
		readers.set(type, fresh);
		return fresh;
	}
	function read(record, value, order, schema) {
		if (schema.kind === "refused") return unreadable(record, schema.fault.detail);
		try {
			const cursor = new AvroCursor(value, 5);
			const row = readerOf(schema.type)(cursor);
			if (cursor.left > 0) return unreadable(record, "there are bytes behind the end");
			return {
				kind: "entry",
				entry: entryOf(row, order)
			};
		} catch (error) {
			if (error instanceof MalformedAvro || error instanceof UnexpectedShape) return unreadable(record, error.message);
			if (error instanceof RangeError) return unreadable(record, "its values are out of range");
			throw error;
		}
	}
	return { decode(record, signal) {
		const { key, value } = record;
		if (key === null || key.length === 0 || !isUtf8(key)) return unreadable(record, "its key is no order id");
		const order = merchantBizNo(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("utf8"));
		if (value === null) return {
			kind: "forgotten",
			order
		};
		const id = schemaIdOf(value);
		if (id === null) return unreadable(record, "its value is not in Confluent's wire format");
		const schema = registry.typeOf(id);
		if (schema !== void 0) return read(record, value, order, schema);
		return registry.resolve(id, signal).then((resolved) => read(record, value, order, resolved));
	} };
}
function unreadable(at, detail) {
	return {
		kind: "unreadable",
		fault: new Fault("JOURNAL_UNREADABLE", {
			at,
			detail
		})
	};
}
export { EntryEncoder, annotatingHook, createJournalDecoder };
